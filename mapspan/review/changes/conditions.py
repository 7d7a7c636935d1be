"""Whether the conditions of one statement are at least as strict as those of another.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any

from mapspan.review.iam.patterns import covers, overlaps
from mapspan.review.marked_words import code, plain

Statement = Mapping[str, Any]
_Network = IPv4Network | IPv6Network
_Interval = tuple[tuple[float, int], tuple[float, int]]
"""A range of numbers. Each end has a second number: -1 just below the first one, 0 at it, 1 just above it."""

_SET_OPERATORS = ("ForAllValues", "ForAnyValue")


@dataclass(frozen=True)
class Condition:
    """One operator with one key.

    Args:
        set_operator: `ForAllValues`, `ForAnyValue`, or empty.
        operator: without the set operator and `IfExists`.
        key: as the policy spells it; IAM ignores its case.
        values: as text. One of them must match.
    """

    set_operator: str
    operator: str
    if_exists: bool
    key: str
    values: tuple[str, ...]

    @property
    def is_negative(self) -> bool:
        return "Not" in self.operator

    @property
    def matches_a_missing_key(self) -> bool:
        if self.operator == "Null":
            return "true" in self.values
        return self.is_negative or self.if_exists or self.set_operator == "ForAllValues"

    @property
    def spelling(self) -> str:
        """The operator as a policy spells it."""
        prefix = f"{self.set_operator}:" if self.set_operator else ""
        return f"{prefix}{self.operator}{'IfExists' if self.if_exists else ''}"

    def __str__(self) -> str:
        return f"{code(self.key)} {plain(self.spelling)} {', '.join(map(code, self.values))}"

    def implies(self, other: Condition) -> bool:
        """Whether every call that meets this condition meets the other one."""
        if self.key.lower() != other.key.lower():
            return False
        if other.operator == "Null" and not other.set_operator:
            is_present = other.values == ("false",) and not self.matches_a_missing_key
            return {"true", "false"} <= {*other.values} or is_present or self._same(other)
        if self._same(other):
            return True
        if self.set_operator != other.set_operator or (self.matches_a_missing_key and not other.matches_a_missing_key):
            return False
        family = next((family for family in _FAMILIES if self.operator in family and other.operator in family), None)
        return family is not None and _FAMILIES[family](self, other)

    def alternatives(self) -> list[Condition]:
        """Conditions of one value each, one of which is met whenever this one is."""
        if self.is_negative or self.set_operator == "ForAllValues" or len(self.values) < 2:
            return [self]
        return [replace(self, values=(value,)) for value in self.values]

    def _same(self, other: Condition) -> bool:
        return (self.set_operator, self.operator, self.if_exists, {*self.values}) == (
            other.set_operator,
            other.operator,
            other.if_exists,
            {*other.values},
        )


def conditions(statement: Statement) -> list[Condition]:
    """A statement's conditions, all of which must be met."""
    block = statement.get("Condition")
    return [
        _condition(operator, key, values)
        for operator, keys in (block.items() if isinstance(block, Mapping) else ())
        for key, values in (keys.items() if isinstance(keys, Mapping) else ())
    ]


def unmet(stricter: Sequence[Condition], conditions: Sequence[Condition]) -> list[Condition]:
    """Those of `conditions` that a call may fail although it meets all the stricter ones."""
    return [condition for condition in conditions if not any(candidate.implies(condition) for candidate in stricter)]


def value_text(value: Any) -> str:
    """A value as IAM reads it: an unquoted `false` is "false"."""
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _condition(operator: str, key: str, values: Any) -> Condition:
    set_operator, _, name = operator.rpartition(":")
    set_operator = next((known for known in _SET_OPERATORS if known.lower() == set_operator.lower()), set_operator)
    if_exists = name.lower().endswith("ifexists")
    name = name[: -len("ifexists")] if if_exists else name
    name = next((known for known in _OPERATORS if known.lower() == name.lower()), name)
    texts = [value_text(value) for value in (values if isinstance(values, list) else [values])]
    if name in ("Bool", "Null"):
        texts = [text.lower() for text in texts]
    return Condition(set_operator, name, if_exists, key, tuple(sorted(texts)))


# Text and ARNs


@dataclass(frozen=True)
class _Text:
    """What a value of an operator matches: itself, or what its wildcards stand for."""

    text: str
    is_pattern: bool
    ignores_case: bool

    def covers(self, other: _Text) -> bool:
        """Whether it matches everything that the other one matches."""
        if other.ignores_case and not self.ignores_case:
            return self.is_pattern and self.text.strip("*") == "" != self.text
        ours, theirs = (text.lower() if self.ignores_case else text for text in (self.text, other.text))
        if self.is_pattern:
            return covers(ours, theirs)
        return ours == theirs and not (other.is_pattern and {"*", "?"} & {*theirs})

    def overlaps(self, other: _Text) -> bool:
        """Whether some text matches both."""
        ignores_case = self.ignores_case or other.ignores_case
        ours, theirs = (text.lower() if ignores_case else text for text in (self._pattern, other._pattern))
        return overlaps(ours, theirs)

    @property
    def _pattern(self) -> str:
        return self.text if self.is_pattern else re.sub(r"[*?]", r"${\g<0>}", self.text)


def _texts(condition: Condition) -> list[_Text]:
    operator = condition.operator
    is_pattern = "Like" in operator or operator.startswith("Arn")
    return [_Text(value, is_pattern=is_pattern, ignores_case="IgnoreCase" in operator) for value in condition.values]


def _text_implies(stricter: Condition, other: Condition) -> bool:
    ours, theirs = _texts(stricter), _texts(other)
    if stricter.is_negative:
        # What the other one excludes, this one must exclude, too.
        return other.is_negative and all(any(our.covers(their) for our in ours) for their in theirs)
    if other.is_negative:
        return not any(our.overlaps(their) for our in ours for their in theirs)
    return all(any(their.covers(our) for their in theirs) for our in ours)


# Numbers and dates


def _date(text: str) -> float:
    """Seconds since 1970."""
    if text.lstrip("-").isdigit():
        return float(text)
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _range_implies(stricter: Condition, other: Condition) -> bool:
    try:
        ours, theirs = _intervals(stricter), _intervals(other)
    except (ValueError, OverflowError):
        return False
    return all(any(their[0] <= our[0] and our[1] <= their[1] for their in theirs) for our in ours)


def _intervals(condition: Condition) -> list[_Interval]:
    """The ranges in which a value meets a condition.

    Raises:
        ValueError: a value is not a number or date.
    """
    is_number = condition.operator.startswith("Numeric")
    comparison = condition.operator.removeprefix("Numeric" if is_number else "Date")
    numbers = sorted(float(value) if is_number else _date(value) for value in condition.values)
    lowest, highest = (-math.inf, 0), (math.inf, 0)
    if comparison == "Equals":
        return [((number, 0), (number, 0)) for number in numbers]
    if comparison == "NotEquals":
        starts = [lowest, *((number, 1) for number in numbers)]
        ends = [*((number, -1) for number in numbers), highest]
        return list(zip(starts, ends, strict=True))
    if comparison.startswith("LessThan"):
        return [(lowest, (numbers[-1], 0 if comparison.endswith("Equals") else -1))]
    return [((numbers[0], 0 if comparison.endswith("Equals") else 1), highest)]


# Addresses and booleans


def _address_implies(stricter: Condition, other: Condition) -> bool:
    try:
        ours, theirs = ([ip_network(value, strict=False) for value in side.values] for side in (stricter, other))
    except ValueError:
        return False
    if stricter.is_negative:
        return other.is_negative and all(any(_contains(our, their) for our in ours) for their in theirs)
    if other.is_negative:
        return not any(our.version == their.version and our.overlaps(their) for our in ours for their in theirs)
    return all(any(_contains(their, our) for their in theirs) for our in ours)


def _contains(network: _Network, other: _Network) -> bool:
    if isinstance(network, IPv4Network):
        return isinstance(other, IPv4Network) and other.subnet_of(network)
    return isinstance(other, IPv6Network) and other.subnet_of(network)


def _values_imply(stricter: Condition, other: Condition) -> bool:
    return {*stricter.values} <= {*other.values}


_COMPARISONS = ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
_FAMILIES: Mapping[tuple[str, ...], Callable[[Condition, Condition], bool]] = {
    (
        *("StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"),
        *("StringLike", "StringNotLike", "ArnEquals", "ArnNotEquals", "ArnLike", "ArnNotLike"),
    ): _text_implies,
    tuple(f"Numeric{comparison}" for comparison in _COMPARISONS): _range_implies,
    tuple(f"Date{comparison}" for comparison in _COMPARISONS): _range_implies,
    ("IpAddress", "NotIpAddress"): _address_implies,
    ("Bool",): _values_imply,
    ("BinaryEquals",): _values_imply,
}
_OPERATORS = ("Null", *(operator for family in _FAMILIES for operator in family))
