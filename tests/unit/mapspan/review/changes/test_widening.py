"""Each way in which a statement gets wider is said, and what is no wider isn't."""

from __future__ import annotations

from typing import Any

import pytest

from mapspan.review.changes.policies import Kind, Policy
from mapspan.review.changes.widening import newly_wide, widened
from mapspan.review.changes.withheld import Unknown

READ: dict[str, Any] = {
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::111111111111:role/reader"},
    "Action": "s3:GetObject",
    "Resource": ["arn:aws:s3:::data/2026/*"],
    "Condition": {"StringLike": {"aws:PrincipalOrgID": "o-1"}, "StringNotEquals": {"aws:SourceVpc": ["a", "b"]}},
}
DENY: dict[str, Any] = {"Effect": "Deny", "Principal": "*", "Action": ["s3:Get*", "s3:Put*"], "Resource": "*"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"Action": ["s3:GetObject", "s3:PutObject"]}, ["new action `s3:PutObject`"]),
        ({"Action": "s3:*"}, ["new wildcard in action `s3:*`"]),
        ({"Resource": "arn:aws:s3:::data/*"}, ["new wildcard in resource `arn:aws:s3:::data/*`"]),
        ({"Resource": "arn:aws:s3:::data/2026/11/*"}, []),
        ({"Principal": "*"}, ["new wildcard in principal `*`"]),
        ({"Principal": {"AWS": "333333333333"}}, ["new principal `333333333333`"]),
        (
            {"Condition": {"StringNotEquals": {"aws:SourceVpc": ["a", "b"]}}},
            ["condition dropped: `aws:PrincipalOrgID`"],
        ),
        (
            {"Condition": {"StringLike": {"aws:PrincipalOrgID": ["o-1", "o-2"]}}},
            ["condition loosened: `aws:PrincipalOrgID` StringLike `o-2`", "condition dropped: `aws:SourceVpc`"],
        ),
        (
            {"Condition": READ["Condition"] | {"StringNotEquals": {"aws:SourceVpc": ["a"]}}},
            ["condition loosened: `aws:SourceVpc` StringNotEquals `b`"],
        ),
        ({"NotAction": "s3:PutObject", "Action": None}, ["NotAction in place of Action"]),
        ({"Effect": "Deny"}, []),
    ],
)
def test_an_allowance(changes: dict[str, Any], said: list[str]) -> None:
    after = {name: value for name, value in {**READ, **changes}.items() if value is not None}
    found = list(widened(READ, after))
    assert len(found) == len(said)
    assert [words for words in said if not any(each.startswith(words) for each in found)] == []


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (None, "a denial is dropped"),
        (DENY | {"Action": "s3:Put*"}, "denies less: action `s3:Get*` is gone"),
        (DENY | {"Condition": {"Bool": {"a": "b"}}}, "denies less: condition added: `a` Bool `b`"),
        (DENY | {"Effect": "Allow"}, "a new statement allows"),
        (DENY | {"Action": "s3:*"}, None),
    ],
)
def test_a_denial(after: dict[str, Any] | None, said: str | None) -> None:
    assert (said in list(widened(DENY, after))) if said else (list(widened(DENY, after)) == [])


def test_the_same_in_another_order_is_no_wider() -> None:
    assert list(widened(DENY | {"Effect": "Allow"}, DENY | {"Effect": "Allow", "Action": ["s3:Put*", "s3:Get*"]})) == []


@pytest.mark.parametrize(
    ("kind", "changes", "said"),
    [
        ("identity", {"Action": "s3:*", "Principal": None}, ["wildcard in action `s3:*`"]),
        ("identity", {"Resource": "*", "Principal": None}, ["wildcard as resource: `*`"]),
        ("identity", {"Resource": "*", "Action": "xray:PutTraceSegments", "Principal": None}, []),
        ("bucket", {"Principal": "*"}, ["wildcard in principal `*`"]),
        ("trust", {"Principal": {"AWS": "333333333333"}}, ["a principal of another account: `333333333333`"]),
        ("trust", {"Principal": {"AWS": "arn:aws:iam::111111111111:role/a"}}, []),
        ("key", {"Principal": {"AWS": "arn:aws:iam::111111111111:root"}, "Action": "kms:*", "Resource": "*"}, []),
        ("key", {"Principal": {"AWS": "333333333333"}, "Action": "kms:*"}, ["wildcard in action `kms:*`"]),
        ("identity", {"NotAction": "s3:PutObject"}, ["NotAction allows everything but what it names"]),
    ],
)
def test_what_is_new_and_wide_in_itself(kind: Kind, changes: dict[str, Any], said: list[str]) -> None:
    policy = Policy(address="a.b", name="any", kind=kind, owner="any", account_id="111111111111", document=Unknown())
    statement = {name: value for name, value in {**READ, **changes}.items() if value is not None}
    assert list(newly_wide(statement, policy)) == said
