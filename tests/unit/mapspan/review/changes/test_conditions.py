"""Whether one condition is at least as strict as another is decided by what the two match."""

from __future__ import annotations

from datetime import UTC, datetime
from fnmatch import fnmatchcase
from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapspan.review.changes.conditions import Condition, conditions, unmet

Block = dict[str, dict[str, Any]]


def is_stricter(stricter: Block, block: Block) -> bool:
    return unmet(conditions({"Condition": stricter}), conditions({"Condition": block})) == []


@pytest.mark.parametrize(
    ("stricter", "wider"),
    [
        ({"IpAddress": {"aws:SourceIp": "10.0.0.0/24"}}, {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
        ({"IpAddress": {"aws:SourceIp": "2001:db8::/48"}}, {"IpAddress": {"aws:SourceIp": "2001:db8::/32"}}),
        ({"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, {"NotIpAddress": {"aws:SourceIp": "10.1.0.0/16"}}),
        ({"IpAddress": {"aws:SourceIp": "10.1.2.3"}}, {"NotIpAddress": {"aws:SourceIp": "192.168.0.0/16"}}),
        ({"DateLessThan": {"aws:CurrentTime": "2026-01-01"}}, {"DateLessThan": {"aws:CurrentTime": "2036-01-01"}}),
        (
            {"DateGreaterThan": {"aws:CurrentTime": "2026-02-01"}},
            {"DateGreaterThanEquals": {"aws:CurrentTime": "1735689600"}},
        ),
        ({"NumericLessThan": {"s3:max-keys": "10"}}, {"NumericLessThanEquals": {"s3:max-keys": 10}}),
        ({"NumericGreaterThan": {"s3:signatureAge": 20}}, {"NumericGreaterThan": {"s3:signatureAge": "10"}}),
        ({"NumericEquals": {"s3:max-keys": 5}}, {"NumericLessThan": {"s3:max-keys": 6}}),
        ({"StringEquals": {"s3:prefix": "a/b"}}, {"StringLike": {"s3:prefix": ["a/*", "b/*"]}}),
        ({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}, {"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}}),
        ({"StringEquals": {"aws:PrincipalTag/team": "x"}}, {"StringEqualsIgnoreCase": {"aws:PrincipalTag/team": "X"}}),
        ({"StringNotEquals": {"aws:SourceVpc": ["a", "b"]}}, {"StringNotEqualsIfExists": {"aws:SourceVpc": "a"}}),
        ({"StringEquals": {"aws:SourceVpc": "a"}}, {"StringNotLike": {"aws:SourceVpc": "b*"}}),
        ({"StringLike": {"aws:SourceVpce": "vpce-*"}}, {"Null": {"aws:SourceVpce": False}}),
        ({"ArnEquals": {"aws:SourceArn": "arn:aws:s3:::a"}}, {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::*"}}),
    ],
    ids=str,
)
def test_a_stricter_condition_implies_the_wider_one_and_not_the_other_way_round(stricter: Block, wider: Block) -> None:
    assert is_stricter(stricter, wider)
    assert not is_stricter(wider, stricter)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"Bool": {"aws:SecureTransport": True}}, {"Bool": {"AWS:securetransport": "true"}}),
        ({"NumericLessThan": {"s3:TlsVersion": 1.2}}, {"NumericLessThan": {"s3:TlsVersion": "1.2"}}),
        ({"ArnEquals": {"aws:SourceArn": "arn:aws:s3:::a*"}}, {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::a*"}}),
        ({"IpAddress": {"aws:SourceIp": "10.0.0.1"}}, {"IpAddress": {"aws:SourceIp": ["10.0.0.1/32"]}}),
        ({"StringNotEquals": {"aws:SourceVpc": "a"}}, {"StringNotEqualsIfExists": {"aws:SourceVpc": "a"}}),
        ({"DateLessThan": {"aws:CurrentTime": "2026-01-01"}}, {"DateLessThan": {"aws:CurrentTime": 1767225600}}),
    ],
    ids=str,
)
def test_two_spellings_of_one_condition_imply_each_other(first: Block, second: Block) -> None:
    assert is_stricter(first, second)
    assert is_stricter(second, first)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"StringEquals": {"k": "*"}}, {"StringLike": {"k": "*"}}),
        ({"StringEquals": {"k": "a"}}, {"ForAllValues:StringEquals": {"k": "a"}}),
        ({"ForAnyValue:StringEquals": {"k": "a"}}, {"ForAllValues:StringEquals": {"k": "a"}}),
        ({"StringEquals": {"k": "a"}}, {"StringEqualsIgnoreCase": {"k": "a"}}),
        ({"Null": {"k": "false"}}, {"StringLikeIfExists": {"k": "*"}}),
        ({"NumericLessThan": {"k": "ten"}}, {"NumericLessThan": {"k": "nine"}}),
        ({"IpAddress": {"k": "10.0.0.0/8"}}, {"IpAddress": {"k": "${aws:VpcSourceIp}"}}),
    ],
    ids=str,
)
def test_a_condition_that_matches_more_or_can_not_be_compared_is_not_stricter(before: Block, after: Block) -> None:
    assert not is_stricter(after, before)


TEXT = st.text("ab*?", max_size=3)
KINDS = {
    "String": (
        ("Equals", "NotEquals", "Like", "NotLike"),
        TEXT,
        ["", "a", "b", "ab", "ba", "*", "?", "a*", "aa", "bb"],
    ),
    "Numeric": (
        ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals"),
        st.integers(0, 3).map(str),
        ["-1", "0", "0.5", "1", "1.5", "2", "2.5", "3", "9"],
    ),
    "Date": (
        ("LessThan", "GreaterThanEquals"),
        st.sampled_from(["2026-01-01", "2026-01-02T00:00:00Z"]),
        ["2025-12-31", "2026-01-01", "2026-01-01T12:00:00Z", "2026-01-02", "2026-01-03"],
    ),
    "Ip": (
        ("", "Not"),
        st.sampled_from(["10.0.0.0/30", "10.0.0.0/31", "10.0.0.2/31", "10.0.0.1"]),
        ["10.0.0.0", "10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"],
    ),
}


def matches(condition: Condition, value: str | None) -> bool:
    """Whether a call whose key has a value, or doesn't have the key, meets a condition; written apart from our code."""
    if value is None:
        return condition.if_exists or condition.is_negative
    operator = condition.operator.replace("Not", "")
    if operator == "IpAddress":
        met = any(ip_address(value) in ip_network(network, strict=False) for network in condition.values)
    elif operator == "StringLike":
        met = any(fnmatchcase(value, pattern) for pattern in condition.values)
    elif operator == "StringEquals":
        met = value in condition.values
    else:
        number, bounds = as_number(operator, value), [as_number(operator, bound) for bound in condition.values]
        met = any(
            ("Less" in operator and number < bound)
            or ("Greater" in operator and number > bound)
            or ("Equals" in operator and number == bound)
            for bound in bounds
        )
    return met != condition.is_negative


def as_number(operator: str, text: str) -> float:
    if operator.startswith("Numeric"):
        return float(text)
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Condition, Condition, list[str]]:
    kind = draw(st.sampled_from(sorted(KINDS)))
    comparisons, value, examples = KINDS[kind]

    def condition() -> Condition:
        comparison = draw(st.sampled_from(comparisons))
        operator = f"{comparison}IpAddress" if kind == "Ip" else f"{kind}{comparison}"
        values = draw(st.lists(value, min_size=1, max_size=3))
        return Condition("", operator, draw(st.booleans()), "k", tuple(sorted(values)))

    return condition(), condition(), examples


@given(pairs())
def test_whatever_is_said_to_imply_another_condition_never_matches_more(
    pair: tuple[Condition, Condition, list[str]],
) -> None:
    first, second, examples = pair
    if first.implies(second):
        assert [value for value in (None, *examples) if matches(first, value) and not matches(second, value)] == []
