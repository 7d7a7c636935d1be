"""Each way in which a statement gets wider has a phrase; a statement that isn't wider has none."""

from __future__ import annotations

from typing import Any

import pytest

from mapspan.review.changes.placeholder import UNKNOWN
from mapspan.review.changes.policy import Kind, Policy
from mapspan.review.changes.widening import inherent_widenings, widenings

READ: dict[str, Any] = {
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::111111111111:role/reader"},
    "Action": "s3:GetObject",
    "Resource": ["arn:aws:s3:::data/2026/*"],
    "Condition": {"StringLike": {"aws:PrincipalOrgID": "o-1"}, "StringNotEquals": {"aws:SourceVpc": ["a", "b"]}},
}
DENY: dict[str, Any] = {"Effect": "Deny", "Principal": "*", "Action": ["s3:Get*", "s3:Put*"], "Resource": "*"}


def with_fields(fields: dict[str, Any]) -> dict[str, Any]:
    """READ with some fields replaced; a field that is None is left out."""
    return {name: value for name, value in {**READ, **fields}.items() if value is not None}


@pytest.mark.parametrize(
    ("fields", "phrases"),
    [
        ({"Action": ["s3:GetObject", "s3:PutObject"]}, ["new action `s3:PutObject`"]),
        ({"Action": "s3:*"}, ["new wildcard in action `s3:*`"]),
        ({"Resource": "arn:aws:s3:::data/*"}, ["new wildcard in resource `arn:aws:s3:::data/*`"]),
        ({"Resource": "arn:aws:s3:::data/2026/11/*"}, []),
        ({"Principal": "*"}, ["new wildcard in principal `*`"]),
        ({"Principal": {"AWS": "333333333333"}}, ["new principal `333333333333`"]),
        (
            {"Condition": {"StringNotEquals": {"aws:SourceVpc": ["a", "b"]}}},
            ["condition removed: `aws:PrincipalOrgID`"],
        ),
        (
            {"Condition": {"StringLike": {"aws:PrincipalOrgID": ["o-1", "o-2"]}}},
            ["condition loosened: `aws:PrincipalOrgID` StringLike `o-2`", "condition removed: `aws:SourceVpc`"],
        ),
        (
            {"Condition": READ["Condition"] | {"StringNotEquals": {"aws:SourceVpc": ["a"]}}},
            ["condition loosened: `aws:SourceVpc` StringNotEquals `b`"],
        ),
        ({"NotAction": "s3:PutObject", "Action": None}, ["NotAction in place of Action"]),
        ({"Effect": "Deny"}, []),
    ],
)
def test_each_way_to_widen_an_allowance_is_reported(fields: dict[str, Any], phrases: list[str]) -> None:
    reported = list(widenings(READ, with_fields(fields)))
    assert len(reported) == len(phrases)
    assert [phrase for phrase in phrases if not any(text.startswith(phrase) for text in reported)] == []


@pytest.mark.parametrize(
    ("after", "phrase"),
    [
        (None, "a denial is removed"),
        (DENY | {"Action": "s3:Put*"}, "no longer denies action `s3:Get*`"),
        (DENY | {"Condition": {"Bool": {"a": "b"}}}, "denies only if `a` Bool `b`"),
        (DENY | {"Effect": "Allow"}, "a new statement allows"),
        (DENY | {"Action": "s3:*"}, None),
    ],
)
def test_each_way_to_weaken_a_denial_is_reported(after: dict[str, Any] | None, phrase: str | None) -> None:
    reported = list(widenings(DENY, after))
    assert phrase in reported if phrase else reported == []


def test_another_order_of_the_same_actions_is_not_wider() -> None:
    before = DENY | {"Effect": "Allow"}
    assert list(widenings(before, before | {"Action": ["s3:Put*", "s3:Get*"]})) == []


@pytest.mark.parametrize(
    ("kind", "fields", "phrases"),
    [
        ("identity", {"Action": "s3:*", "Principal": None}, ["wildcard in action `s3:*`"]),
        ("identity", {"Resource": "*", "Principal": None}, ["wildcard as resource: `*`"]),
        ("identity", {"Resource": "*", "Action": "xray:PutTraceSegments", "Principal": None}, []),
        ("bucket", {"Principal": "*"}, ["wildcard in principal `*`"]),
        ("trust", {"Principal": {"AWS": "333333333333"}}, ["a principal of another account: `333333333333`"]),
        ("trust", {"Principal": {"AWS": "arn:aws:iam::111111111111:role/a"}}, []),
        ("key", {"Principal": {"AWS": "arn:aws:iam::111111111111:root"}, "Action": "kms:*", "Resource": "*"}, []),
        ("key", {"Principal": {"AWS": "333333333333"}, "Action": "kms:*"}, ["wildcard in action `kms:*`"]),
        ("identity", {"NotAction": "s3:PutObject"}, ["NotAction allows everything except what it names"]),
    ],
)
def test_a_new_statement_that_is_wide_in_itself_is_reported(
    kind: Kind, fields: dict[str, Any], phrases: list[str]
) -> None:
    policy = Policy(address="a.b", name="any", kind=kind, owner="any", account_id="111111111111", document=UNKNOWN)
    assert list(inherent_widenings(with_fields(fields), policy)) == phrases
