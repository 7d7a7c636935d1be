"""Which changed statements allow more than was allowed: decided over all policies of their owner."""

from __future__ import annotations

from typing import Any

import pytest

from mapspan.review.changes.plan import Plan
from mapspan.review.changes.policy import Kind, Policies, Policy
from mapspan.review.changes.resource_change import ResourceChange
from mapspan.review.changes.statement_change import StatementChange, statement_changes

OWN, OTHER = "222222222222", "333333333333"
ROOT, ROLE = f"arn:aws:iam::{OTHER}:root", f"arn:aws:iam::{OTHER}:role/x"
ALLOW: dict[str, Any] = {
    "Sid": "A",
    "Effect": "Allow",
    "Principal": {"AWS": ROOT},
    "Action": ["s3:GetObject", "s3:PutObject"],
    "Resource": "arn:aws:s3:::data/*",
}
DENY: dict[str, Any] = {**ALLOW, "Effect": "Deny"}
READER = "arn:aws:iam::111111111111:role/reader"
PLAN = Plan(changes=[ResourceChange(address="r.r", type="aws_iam_role", action="no-op", after={"arn": READER})])


def policy(*statements: dict[str, Any], address: str = "a.b", kind: Kind = "bucket") -> Policy:
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    return Policy(address=address, name="policy", kind=kind, owner="data", account_id=OWN, document=document)


def changes(before: list[Policy], after: list[Policy]) -> list[StatementChange]:
    reported = statement_changes(PLAN, Policies(before=before, after=after))
    return [change for change in reported if isinstance(change, StatementChange)]


def phrases(before: dict[str, Any] | None, after: dict[str, Any] | None) -> list[str]:
    """What is reported of one statement that changes, is added or is removed."""
    sides = ([policy(*([statement] if statement else []))] for statement in (before, after))
    return [phrase for change in changes(*sides) for phrase in change.widenings]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"Action": "s3:GetObject"}, {"Action": "S3:getobject"}),
        ({"Principal": {"AWS": OTHER}}, {"Principal": {"AWS": ROOT}}),
        ({"Principal": {"AWS": ROOT}}, {"Principal": {"AWS": OTHER}}),
        ({"Principal": {"AWS": ROOT}}, {"Principal": {"AWS": ROLE}}),
        ({"Principal": "*"}, {"Principal": {"AWS": ROOT}}),
        ({"Principal": {"AWS": "*"}}, {"Principal": "*"}),
        ({"Action": "s3:*"}, {"Action": ["s3:Get*", "s3:PutObject"]}),
        ({"Action": None, "NotAction": ["s3:Put*"]}, {"Action": "s3:GetObject"}),
        ({"Action": None, "NotAction": "s3:Put*"}, {"Action": None, "NotAction": ["s3:Put*", "s3:Get*"]}),
        ({"Resource": "arn:aws:s3:::data/*"}, {"Resource": "arn:aws:s3:::data/${aws:PrincipalTag/team}/*"}),
        ({"Resource": None, "NotResource": "arn:aws:s3:::data/b/*"}, {"Resource": "arn:aws:s3:::data/a/*"}),
        (
            {"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}},
            {"Condition": {"IpAddress": {"AWS:sourceip": "10.0.0.0/24"}}},
        ),
        (
            {"Condition": {"Bool": {"aws:SecureTransport": "true"}}},
            {"Condition": {"Bool": {"aws:SecureTransport": True}, "StringEquals": {"aws:SourceVpce": "vpce-1"}}},
        ),
    ],
    ids=str,
)
def test_an_equal_or_narrower_allowance_is_not_wider(before: dict[str, Any], after: dict[str, Any]) -> None:
    sides = ({name: value for name, value in {**ALLOW, **fields}.items() if value} for fields in (before, after))
    assert phrases(*sides) == []


@pytest.mark.parametrize(
    ("before", "after", "reported"),
    [
        ({"Principal": {"AWS": OTHER}}, {"Principal": {"AWS": ["444444444444", ROOT]}}, "new principal `444444444444`"),
        # The bucket's own account decides by its policies what a delegation allows; a role that is named needs none.
        (
            {"Principal": {"AWS": OWN}},
            {"Principal": {"AWS": f"arn:aws:iam::{OWN}:role/x"}},
            f"new principal `arn:aws:iam::{OWN}:role/x`",
        ),
        (
            {"Condition": {"DateLessThan": {"aws:CurrentTime": "2026-01-01"}}},
            {"Condition": {"DateLessThan": {"aws:CurrentTime": "2036-01-01"}}},
            "condition loosened: `aws:CurrentTime` DateLessThan `2036-01-01`",
        ),
        (
            {"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}},
            {"Condition": {"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}}},
            "condition loosened: `aws:PrincipalOrgID` StringEqualsIfExists `o-1`",
        ),
        (
            {"Action": None, "NotAction": ["s3:Put*", "s3:Get*"]},
            {"Action": None, "NotAction": "s3:Put*"},
            "NotAction no longer excludes `s3:Get*`",
        ),
    ],
    ids=str,
)
def test_a_wider_allowance_is_reported_by_what_is_new(
    before: dict[str, Any], after: dict[str, Any], reported: str
) -> None:
    sides = ({name: value for name, value in {**ALLOW, **fields}.items() if value} for fields in (before, after))
    assert phrases(*sides) == [reported]


@pytest.mark.parametrize(
    ("before", "after", "reported"),
    [
        (
            {"Action": None, "NotAction": ["s3:GetObject"]},
            {"Action": None, "NotAction": ["s3:GetObject", "s3:PutObject"]},
            ["no longer denies action `s3:PutObject`"],
        ),
        (
            {"Principal": None, "NotPrincipal": {"AWS": [ROOT]}},
            {"Principal": None, "NotPrincipal": {"AWS": [ROOT, ROLE]}},
            [f"no longer denies principal `{ROLE}`"],
        ),
        ({"Principal": "*"}, {"Principal": None, "NotPrincipal": {"AWS": ROLE}}, ["no longer denies principal `*`"]),
        (
            {"Condition": {"StringNotEquals": {"aws:PrincipalArn": ROLE}}},
            {"Condition": {"StringNotEquals": {"aws:PrincipalArn": [ROLE, READER]}}},
            [
                f"denies only if `aws:PrincipalArn` StringNotEquals `{READER}`, `{ROLE}`,"
                f" no longer if `aws:PrincipalArn` StringNotEquals `{ROLE}`"
            ],
        ),
        ({"Action": "s3:GetObject"}, {"Action": "s3:Get*"}, []),
        ({"Principal": {"AWS": ROLE}}, {"Principal": {"AWS": ROOT}}, []),
        ({"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}}, {}, []),
    ],
    ids=str,
)
def test_a_denial_that_excepts_more_is_reported_by_what_it_no_longer_denies(
    before: dict[str, Any], after: dict[str, Any], reported: list[str]
) -> None:
    sides = ({name: value for name, value in {**DENY, **fields}.items() if value} for fields in (before, after))
    assert phrases(*sides) == reported


def test_a_statement_that_is_split_joined_or_moved_allows_nothing_new() -> None:
    halves = [{**ALLOW, "Sid": "A", "Action": "s3:GetObject"}, {**ALLOW, "Sid": "B", "Action": "s3:PutObject"}]
    whole, split = policy(ALLOW), policy(*halves)
    moved = [policy(halves[0]), policy(halves[1], address="a.other")]
    for before, after in (([whole], [split]), ([split], [whole]), ([whole], moved), (moved, [whole])):
        assert [change.widenings for change in changes(before, after) if change.widenings] == []
    denials = [{**half, "Effect": "Deny"} for half in halves]
    assert [change.widenings for change in changes([policy(DENY)], [policy(*denials)]) if change.widenings] == []


def test_a_denial_that_another_one_repeats_may_go() -> None:
    assert phrases(DENY, None) == ["a denial is removed"]
    everything = {**DENY, "Sid": "All", "Action": "s3:*"}
    assert [change.widenings for change in changes([policy(DENY, everything)], [policy(everything)])] == [[]]


def test_a_role_that_was_created_again_is_not_a_new_principal() -> None:
    before = {**ALLOW, "Principal": {"AWS": "AROAEXAMPLEEXAMPLE123"}}
    (change,) = changes([policy(before)], [policy({**ALLOW, "Principal": {"AWS": READER}})])
    assert change.widenings == []
    assert change.notes == [f"the role `{READER}` was created again: `AROAEXAMPLEEXAMPLE123` is a deleted one"]
    assert phrases(before, ALLOW) == [f"new principal `{ROOT}`"]


@pytest.mark.parametrize(
    ("subject", "is_open"),
    [
        ({}, True),
        ({"StringLike": {"token.actions.githubusercontent.com:sub": "*"}}, True),
        ({"StringEqualsIfExists": {"token.actions.githubusercontent.com:sub": "repo:a/b:*"}}, True),
        ({"StringLike": {"token.actions.githubusercontent.com:sub": "repo:a/b:*"}}, False),
    ],
    ids=str,
)
def test_trust_in_an_identity_provider_without_a_subject_is_wide_in_itself(
    subject: dict[str, Any], *, is_open: bool
) -> None:
    trust = {
        "Effect": "Allow",
        "Principal": {"Federated": "arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}},
    }
    trust["Condition"] = {**trust["Condition"], **subject}  # type: ignore[dict-item] # a mapping, like all conditions
    (change,) = changes([policy(kind="trust")], [policy(trust, kind="trust")])
    assert any("anyone with a token of" in phrase for phrase in change.widenings) is is_open
