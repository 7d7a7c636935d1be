"""The statements of others that go with a bucket policy that a plan replaces as a whole."""

from __future__ import annotations

import json
from typing import Any

from mapspan.review.changes.plan import Plan
from mapspan.review.changes.policies import read_policies
from mapspan.review.changes.replaced_policy import replaced_policies
from mapspan.review.changes.resource_change import Action, ResourceChange

OURS: dict[str, Any] = {"Sid": "Ours", "Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}
AUDIT: dict[str, Any] = {**OURS, "Sid": "Audit", "Principal": {"AWS": "333333333333"}}
DENY: dict[str, Any] = {**OURS, "Sid": "DenyHttp", "Effect": "Deny"}
BUCKET = ResourceChange(address="aws_s3_bucket.x", type="aws_s3_bucket", action="create", after={"bucket": "data"})


def change(action: Action, before: list[Any] | None, after: list[Any] | None) -> ResourceChange:
    old, new = (
        None if side is None else {"bucket": "data", "policy": json.dumps({"Statement": side})}
        for side in (before, after)
    )
    return ResourceChange(
        address="aws_s3_bucket_policy.x", type="aws_s3_bucket_policy", action=action, before=old, after=new
    )


def gone(*changes: ResourceChange, live: dict[str, Any] | None = None) -> list[list[str] | None]:
    """The names of the statements that go, of each policy; None if they aren't known."""
    plan = Plan(changes=changes)
    replaced = replaced_policies(plan, read_policies(plan), live or {})
    return [
        None if policy.statements is None else [statement["Sid"] for statement in policy.statements]
        for policy in replaced
    ]


def test_a_statement_that_the_plan_knows_and_drops_goes() -> None:
    assert gone(change("update", [OURS, DENY], [OURS])) == [["DenyHttp"]]
    assert gone(change("delete", [OURS], None)) == [["Ours"]]


def test_a_statement_that_stays_changes_or_is_repeated_does_not_go() -> None:
    assert gone(change("update", [OURS], [{**OURS, "Resource": "arn:aws:s3:::data"}, DENY])) == []
    assert gone(change("update", [OURS, AUDIT], [OURS])) == []


def test_what_a_new_policy_writes_over_is_not_known_until_it_is_read() -> None:
    create = change("create", None, [OURS])
    assert gone(create) == [None]
    assert gone(create, live={"data": {"Statement": [DENY, OURS]}}) == [["DenyHttp"]]
    assert gone(create, live={"data": None}) == []
    assert gone(create, BUCKET) == []
