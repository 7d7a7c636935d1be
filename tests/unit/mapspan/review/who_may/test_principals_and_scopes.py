"""The access table singles out everyone and everything that policies do, so that no change hides between its rows."""

from __future__ import annotations

import json
from typing import Any

import pytest

from environments.files import load
from mapspan.review.changes.plan import Plan
from mapspan.review.changes.policies import read_policies
from mapspan.review.changes.resource_change import ResourceChange
from mapspan.review.iam.patterns import PatternIndex
from mapspan.review.iam.simulator import Simulator
from mapspan.review.who_may.access_table import AccessTable, access_table
from mapspan.review.who_may.condition_example import condition_examples, pattern_example

OTHER = "333333333333"
ROOT, ROLE = f"arn:aws:iam::{OTHER}:root", f"arn:aws:iam::{OTHER}:role/x"
DATA = "arn:aws:s3:::landing-zone"
READ: dict[str, Any] = {
    "Sid": "Read",
    "Effect": "Allow",
    "Principal": "*",
    "Action": "s3:GetObject",
    "Resource": f"{DATA}/*",
}
DENY: dict[str, Any] = {"Sid": "Deny", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": f"{DATA}/*"}


def test_nothing_is_decided_in_another_partition_whose_arns_are_not_known(simulator: Simulator) -> None:
    environment = load("local").model_copy(update={"region": "cn-north-1"})
    plan = Plan(changes=())
    access = access_table(plan, read_policies(plan), environment, simulator)
    assert access.undecided == "a review doesn't know the ARNs of the partition aws-cn yet"


def bucket_policy(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> ResourceChange:
    old, new = ({"bucket": "landing-zone", "policy": json.dumps({"Statement": side})} for side in (before, after))
    return ResourceChange(
        address="aws_s3_bucket_policy.x",
        type="aws_s3_bucket_policy",
        action="update",
        account_id="222222222222",
        before=old,
        after=new,
    )


def table(simulator: Simulator, *changes: ResourceChange) -> AccessTable:
    plan = Plan(changes=changes)
    return access_table(plan, read_policies(plan), load("local"), simulator)


def changed(access: AccessTable) -> set[tuple[str, str, str, str]]:
    return {(row.principal.name, row.scope.pattern, row.before, row.after) for row in access.changed_rows}


def policy_changes(
    simulator: Simulator, before: list[dict[str, Any]], after: list[dict[str, Any]]
) -> set[tuple[str, str, str, str]]:
    return changed(table(simulator, bucket_policy(before, after)))


def test_an_action_that_iam_does_not_have_leaves_the_rest_decided(simulator: Simulator) -> None:
    wider = {**READ, "Principal": {"AWS": OTHER}, "Action": ["s3:GetObjects", "s3:GetObject"]}
    access = table(simulator, bucket_policy([], [wider, {**DENY, "Action": "s3:Nothing"}]))
    assert changed(access) == {(f"account {OTHER}", f"{DATA}/*", "denied", "allowed")}
    assert [(gap.subject, gap.reason) for gap in access.gaps] == [
        ("landing-zone bucket policy Deny", "IAM's data has no action `s3:Nothing`"),
        ("landing-zone bucket policy Read", "IAM's data has no action `s3:GetObjects`"),
    ]


def test_a_statement_that_iam_can_not_match_leaves_the_rest_decided(simulator: Simulator) -> None:
    odd = {**READ, "Sid": "Odd", "Resource": "landing-zone"}
    access = table(simulator, bucket_policy([], [odd, READ]))
    assert ("anyone", f"{DATA}/*", "denied", "allowed") in changed(access)
    assert [gap.subject for gap in access.gaps] == ["landing-zone bucket policy Odd"]


def test_access_by_a_policy_variable_is_in_the_table(simulator: Simulator) -> None:
    home = f"{DATA}/home/${{aws:PrincipalTag/team}}/*"
    allowed = policy_changes(simulator, [], [{**READ, "Principal": {"AWS": OTHER}, "Resource": home}])
    assert allowed == {(f"account {OTHER}", home, "denied", "allowed")}
    fixed = {**READ, "Resource": f"{DATA}/${{aws:PrincipalAccount}}/*"}
    assert [gap.reason for gap in table(simulator, bucket_policy([], [fixed])).gaps] == [
        "what `${aws:PrincipalAccount}` stands for isn't tried"
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"NotPrincipal": {"AWS": ["222222222222"]}}, {"NotPrincipal": {"AWS": ["222222222222", ROOT, ROLE]}}),
        (
            {"Principal": "*", "Condition": {"ArnNotEquals": {"aws:PrincipalArn": "arn:aws:iam::222222222222:role/y"}}},
            {"Principal": "*", "Condition": {"ArnNotLike": {"aws:PrincipalArn": [ROLE]}}},
        ),
        (
            {"Principal": "*"},
            {"Principal": "*", "Condition": {"ArnNotLike": {"aws:PrincipalArn": f"arn:aws:iam::{OTHER}:role/*"}}},
        ),
        (
            {"Principal": "*"},
            {"Principal": "*", "Condition": {"StringNotEquals": {"aws:PrincipalAccount": OTHER}}},
        ),
    ],
    ids=str,
)
def test_whom_a_denial_newly_excepts_gains_access(
    simulator: Simulator, before: dict[str, Any], after: dict[str, Any]
) -> None:
    denial = {name: item for name, item in DENY.items() if name != "Principal"}
    rows = policy_changes(simulator, *([READ, {**denial, **fields}] for fields in (before, after)))
    gained = {name for name, *_, state in rows if state == "allowed"}
    assert gained & {ROLE, f"account {OTHER}", f"arn:aws:iam::{OTHER}:role/*"}
    assert not any(name == "anyone" for name, *_ in rows)


def test_whom_a_condition_names_has_a_row(simulator: Simulator) -> None:
    after = {**READ, "Condition": {"StringEquals": {"aws:PrincipalArn": ROLE}}}
    assert policy_changes(simulator, [], [after]) == {(ROLE, f"{DATA}/*", "denied", "allowed")}


def test_a_role_of_the_buckets_own_account_needs_no_policy_of_its_own_and_has_a_row(simulator: Simulator) -> None:
    role = "arn:aws:iam::222222222222:role/someone"
    after = [{**READ, "Principal": {"AWS": role}}]
    assert policy_changes(simulator, [], after) == {(role, f"{DATA}/*", "denied", "allowed")}
    delegation = [{**READ, "Principal": {"AWS": "222222222222"}}]
    assert policy_changes(simulator, [], delegation) == set()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            {"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}},
            {"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/24"}}},
        ),
        ({"Resource": f"{DATA}/*"}, {"Resource": f"{DATA}/any*"}),
        (
            {"Condition": {"StringLike": {"s3:ExistingObjectTag/a": "*"}}},
            {"Condition": {"StringLike": {"s3:ExistingObjectTag/a": "a*"}}},
        ),
    ],
    ids=str,
)
def test_what_a_narrower_statement_takes_is_in_the_table(
    simulator: Simulator, before: dict[str, Any], after: dict[str, Any]
) -> None:
    rows = policy_changes(simulator, [{**READ, **before}], [{**READ, **after}])
    assert {state for *_, state in rows} == {"denied"}


def test_a_bucket_outside_the_plan_that_a_role_is_granted_has_undecided_rows(simulator: Simulator) -> None:
    role = "arn:aws:iam::111111111111:role/reader"
    trust = '{"Statement": []}'
    grant = json.dumps({"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/x/*"}]})
    attributes = {"name": "reader", "arn": role, "assume_role_policy": trust}
    changes = [
        ResourceChange(
            address="aws_iam_role.r", type="aws_iam_role", action="no-op", before=attributes, after=attributes
        ),
        ResourceChange(
            address="aws_iam_role_policy.p",
            type="aws_iam_role_policy",
            action="create",
            account_id="111111111111",
            after={"name": "p", "role": "reader", "policy": grant},
        ),
    ]
    assert changed(table(simulator, *changes)) == {(role, "arn:aws:s3:::b/x/*", "denied", "undecided")}


def test_an_example_matches_no_narrower_pattern() -> None:
    assert pattern_example("*") == "any-other"
    assert pattern_example("*", PatternIndex(["any*", "other*"])) not in ("any-other", "other-than-any")
    assert pattern_example("a/${aws:username}/${*}?") == "a/any-other/*a"


def test_a_value_that_no_call_can_have_has_no_example() -> None:
    for operator in ("NumericLessThan", "DateLessThan", "IpAddress"):
        assert condition_examples(operator, "soon") == []
    assert condition_examples("IpAddress", "10.0.0.0/8") == ["10.0.0.0", "10.255.255.255"]
