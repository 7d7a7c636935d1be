"""What may grant access and isn't read is named, and what can't grant is not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mapspan.review.changes.placeholder import UNKNOWN
from mapspan.review.changes.plan import DeferredChange, Invocation, Plan
from mapspan.review.changes.policies import read_policies
from mapspan.review.changes.resource_change import Action, ResourceChange
from mapspan.review.changes.statement_change import statement_changes
from mapspan.review.who_may.undecided_access import undecided_access

ENFORCED, PREFERRED = ([{"object_ownership": name}] for name in ("BucketOwnerEnforced", "BucketOwnerPreferred"))
TRUST = '{"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"%s": "%s"}}]}'
LAMBDA, ACCOUNT = TRUST % ("Service", "lambda.amazonaws.com"), TRUST % ("AWS", "333333333333")
BLOCKED = {"bucket": "data", "block_public_policy": True, "restrict_public_buckets": True}
ROLE = {"name": "r", "arn": "arn:aws:iam::111111111111:role/r", "assume_role_policy": LAMBDA}


def reasons(
    type_: str, before: dict[str, Any] | None, after: dict[str, Any] | None, *, action: Action | None = None
) -> list[str]:
    """What isn't decided about one change."""
    action = action or ("create" if before is None else "delete" if after is None else "update")
    change = ResourceChange(address=f"{type_}.x", type=type_, action=action, before=before, after=after)
    plan = Plan(changes=[change])
    undecided = undecided_access(plan, statement_changes(plan, read_policies(plan)))
    assert {item.subject for item in undecided} <= {change.address}
    return [item.reason for item in undecided]


@pytest.mark.parametrize(
    ("type_", "before", "after", "phrase"),
    [
        ("aws_s3_bucket_public_access_block", BLOCKED, {**BLOCKED, "block_public_policy": False}, "is turned off"),
        ("aws_s3_bucket_public_access_block", BLOCKED, None, "is turned off"),
        ("aws_s3_bucket_public_access_block", {"bucket": "data"}, BLOCKED, "is turned on"),
        ("aws_lambda_function_url", None, {"function_name": "f", "authorization_type": "NONE"}, "anyone may call `f`"),
        ("aws_lambda_function_url", None, {"function_name": "f", "authorization_type": "AWS_IAM"}, "who may call `f`"),
        ("aws_s3_bucket_acl", None, {"bucket": "data", "acl": "public-read"}, "ACL"),
        ("aws_s3_bucket", {"bucket": "data"}, {"bucket": "data", "acl": "public-read"}, "its ACL changes"),
        ("aws_s3_object", None, {"key": "a", "acl": "public-read"}, "its ACL changes"),
        ("aws_s3_bucket", {"grant": []}, {"grant": [{"type": "Group", "uri": "AllUsers"}]}, "its ACL changes"),
        ("aws_s3_bucket_ownership_controls", {"rule": ENFORCED}, {"rule": PREFERRED}, "ACLs"),
        ("aws_s3_bucket_ownership_controls", None, {"rule": PREFERRED}, "ACLs"),
        ("aws_s3_access_point", None, {"bucket": "data"}, "access point"),
        ("aws_iam_role", {**ROLE, "permissions_boundary": "arn:b"}, ROLE, "boundary `arn:b` is removed"),
        ("aws_iam_role", ROLE, {**ROLE, "permissions_boundary": "arn:b"}, "boundary becomes `arn:b`"),
        ("aws_iam_role", ROLE, {**ROLE, "assume_role_policy": ACCOUNT}, "who may assume the role changes"),
        ("aws_iam_role", ROLE, {**ROLE, "assume_role_policy": UNKNOWN}, "(known after apply)"),
        ("aws_iam_user_policy", None, {"user": "u"}, "users aren't read"),
        ("aws_iam_policy_attachment", None, {"policy_arn": "arn:p", "users": ["u"]}, "users, which aren't read: `u`"),
        ("aws_iam_policy", {"arn": "arn:p", "policy": "{}"}, {"arn": "arn:p", "policy": LAMBDA}, "who holds it"),
        ("aws_cloudwatch_log_resource_policy", None, {}, "grants access isn't read"),
        ("aws_kms_replica_key", None, {}, "grants access isn't read"),
        ("aws_something_new", None, {"name": "x"}, "grants access isn't read"),
    ],
)
def test_what_may_open_access_and_is_not_read_is_named(
    type_: str, before: dict[str, Any] | None, after: dict[str, Any] | None, phrase: str
) -> None:
    assert any(phrase in reason for reason in reasons(type_, before, after))


@pytest.mark.parametrize(
    ("type_", "before", "after"),
    [
        ("aws_s3_bucket_public_access_block", None, BLOCKED),
        ("aws_s3_bucket_ownership_controls", None, {"rule": ENFORCED}),
        ("aws_s3_object", None, {"key": "a", "acl": UNKNOWN}),
        ("aws_s3_bucket", None, {"bucket": "data", "acl": UNKNOWN, "grant": UNKNOWN}),
        ("aws_s3_bucket", None, {"bucket": "data", "acl": "private", "grant": [{"type": "CanonicalUser"}]}),
        ("aws_iam_role", None, {**ROLE, "permissions_boundary": "arn:b"}),
        ("aws_iam_policy", None, {"policy": LAMBDA}),
        ("aws_iam_user_policy", {"tags": {"a": "b"}}, {"tags": {"a": "c"}}),
        ("aws_cloudwatch_log_group", None, {"name": "x"}),
        ("aws_lambda_function", {"role": "a"}, {"role": "b"}),
        ("random_id", None, {}),
    ],
)
def test_what_opens_nothing_is_not_named(
    type_: str, before: dict[str, Any] | None, after: dict[str, Any] | None
) -> None:
    assert reasons(type_, before, after) == []


def test_a_new_key_without_a_policy_has_the_one_that_kms_gives_it() -> None:
    after = {"arn": "arn:aws:kms:us-east-1:111111111111:key/x", "policy": UNKNOWN}
    key = ResourceChange(address="aws_kms_key.x", type="aws_kms_key", action="create", after=after)
    for change, subjects in ((replace(key, computed=frozenset({"policy"})), []), (key, [key.address])):
        plan = Plan(changes=[change])
        undecided = undecided_access(plan, statement_changes(plan, read_policies(plan)))
        assert [item.subject for item in undecided] == subjects


def test_what_a_plan_leaves_out_or_runs_is_not_decided() -> None:
    deferred = DeferredChange(address="aws_s3_bucket_policy.more", reason="instance_count_unknown")
    invocation = Invocation(address="action.aws_lambda_invoke.x", event="", trigger="")
    plan = Plan(changes=[], deferred=[deferred], invocations=[invocation], is_whole=False)
    assert [item.subject for item in undecided_access(plan, [])] == [invocation.address, deferred.address]


def test_the_holders_of_a_changed_managed_policy_are_named_if_they_are_known() -> None:
    before, after = ({"arn": "arn:p", "policy": policy} for policy in ("{}", LAMBDA))
    change = ResourceChange(address="a.x", type="aws_iam_policy", action="update", before=before, after=after)
    (item,) = undecided_access(Plan(changes=[change]), [], {"arn:p": "`user/u`"})
    assert item.reason.endswith("others than this plan may hold: `user/u`")
