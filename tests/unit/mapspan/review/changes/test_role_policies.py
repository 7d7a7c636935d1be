"""The policies that a role holds: its own, those that are attached to it, and those that AWS manages."""

from __future__ import annotations

from typing import Any

import pytest

from mapspan.review.changes.placeholder import UNKNOWN
from mapspan.review.changes.plan import Plan
from mapspan.review.changes.policies import read_policies
from mapspan.review.changes.policy import Policy
from mapspan.review.changes.resource_change import ResourceChange

ROLE = "arn:aws:iam::111111111111:role/r"
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
READ = '{"Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}'


def role(before: dict[str, Any], after: dict[str, Any]) -> ResourceChange:
    old, new = ({"name": "r", "arn": ROLE, **fields} for fields in (before, after))
    return ResourceChange(address="aws_iam_role.r", type="aws_iam_role", action="update", before=old, after=new)


def created(type_: str, **fields: Any) -> ResourceChange:
    return ResourceChange(address="a.b", type=type_, action="create", account_id="111111111111", after=fields)


def held_after(*changes: ResourceChange) -> list[Policy]:
    return [policy for policy in read_policies(Plan(changes=changes)).after if policy.owner == ROLE]


@pytest.mark.parametrize(
    ("changes", "actions"),
    [
        ([role({"managed_policy_arns": []}, {"managed_policy_arns": [ADMIN]})], ["*"]),
        ([role({}, {"inline_policy": [{"name": "p", "policy": READ}]})], ["s3:GetObject"]),
        ([created("aws_iam_role_policy_attachment", role="r", policy_arn=ADMIN)], ["*"]),
        ([created("aws_iam_policy_attachment", roles=["r", "other"], policy_arn=ADMIN)], ["*"]),
        (
            [
                created("aws_iam_policy", arn="arn:p", policy=READ),
                created("aws_iam_policy_attachment", roles=["r"], policy_arn="arn:p"),
            ],
            ["s3:GetObject"],
        ),
    ],
)
def test_every_way_to_give_a_role_a_policy_is_read(changes: list[ResourceChange], actions: list[str]) -> None:
    (policy,) = held_after(*changes)
    (statement,) = policy.statements
    assert [statement["Action"]] == actions or statement["Action"] == actions


def test_a_managed_policy_that_is_not_known_is_unknown_and_never_empty() -> None:
    arn = "arn:aws:iam::aws:policy/SomethingNew"
    (policy,) = held_after(created("aws_iam_role_policy_attachment", role="r", policy_arn=arn))
    assert policy.document == UNKNOWN


def test_what_a_plan_does_not_show_is_not_a_removal() -> None:
    before = {"inline_policy": [{"name": "p", "policy": READ}], "managed_policy_arns": [ADMIN]}
    plan = Plan(changes=[role(before, {"inline_policy": UNKNOWN, "managed_policy_arns": UNKNOWN})])
    policies = read_policies(plan)
    assert [*policies.before, *policies.after] == []


def test_a_policy_that_is_written_in_the_bucket_is_read_if_it_changes() -> None:
    def policies_after(before: str) -> list[Policy]:
        old, new = ({"bucket": "data", "policy": policy} for policy in (before, READ))
        bucket = ResourceChange(address="a.b", type="aws_s3_bucket", action="update", before=old, after=new)
        return list(read_policies(Plan(changes=[bucket])).after)

    assert [policy.owner for policy in policies_after("")] == ["data"]
    assert policies_after(READ) == []
