"""Example values with which a call meets a condition."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

from mapspan.review.iam.accounts import POLICY_VARIABLE
from mapspan.review.iam.patterns import PatternIndex, covers

# Stands for anything that a wildcard matches and no policy names.
ELSEWHERE = "any-other"
# More of the kind, for policies that name things that begin or end like it.
_FILLERS = (ELSEWHERE, "other-than-any", "~none", "0none0")
_STEPS = {"LessThan": -1, "GreaterThan": 1}
_PART = re.compile(rf"{POLICY_VARIABLE.pattern}|[*?]")


def condition_examples(operator: str, value: str, others: PatternIndex | None = None) -> list[str]:
    """Values of a context key that meet `operator` with `value`.

    There are none if a call without the key meets it, or if no call does, because `value` is not a number.
    A range of addresses has two, its first and its last one: these distinguish any two ranges.

    Args:
        others: the values that policies compare the same key with.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
    """
    name = _plain_operator(operator)
    if "Not" in name or (name == "Null" and value.lower() == "true"):
        return []
    if name == "Null":
        return [ELSEWHERE]
    try:
        if name == "IpAddress":
            network = ip_network(value, strict=False)
            return list(dict.fromkeys([str(network[0]), str(network[-1])]))
        kind = next((kind for kind in ("Numeric", "Date") if name.startswith(kind)), None)
        if kind is not None:
            step = _STEPS.get(name.removeprefix(kind), 0)
            return [_number(value, step) if kind == "Numeric" else _date(value, step)]
    except (ValueError, OverflowError):
        return []
    return [pattern_example(value, others)]


def exception_examples(operator: str, value: str, others: PatternIndex | None = None) -> list[str]:
    """Values that keep a denial from applying; none if a call without the key is exempt."""
    name = _plain_operator(operator)
    if name == "Null":
        return [ELSEWHERE] if value.lower() == "true" else []
    return condition_examples(name.replace("Not", "", 1), value, others) if "Not" in name else []


def pattern_example(pattern: str, others: PatternIndex | None = None) -> str:
    """A string that the pattern matches, and that no other pattern matches that stands for less."""
    for filler in _FILLERS:
        example = _filled(pattern, filler)
        if others is None or all(covers(other, pattern) for other in others.matching(example)):
            return example
    return _filled(pattern, ELSEWHERE)


def variables(text: str) -> list[str]:
    """The context keys whose values IAM fills in."""
    names = (match[0].removeprefix("${").removesuffix("}") for match in POLICY_VARIABLE.finditer(text))
    return [name.split(",")[0].strip() for name in names if ":" in name]


def _filled(pattern: str, filler: str) -> str:
    return _PART.sub(lambda match: _filled_part(match[0], filler), pattern)


def _filled_part(part: str, filler: str) -> str:
    """What stands for a wildcard, a variable, or a character that would be a wildcard."""
    if part in ("*", "?"):
        return filler if part == "*" else filler[0]
    return ELSEWHERE if ":" in part else part[2]


def _plain_operator(operator: str) -> str:
    """An operator without `IfExists`, `ForAnyValue:` and `ForAllValues:`."""
    return operator.removesuffix("IfExists").rpartition(":")[2]


def _number(value: str, step: int) -> str:
    return f"{float(value) + step:g}"


def _date(value: str, step: int) -> str:
    """A date, or seconds since 1970, `step` seconds later."""
    if value.isdigit():
        return str(int(value) + step)
    moment = datetime.fromisoformat(value)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (moment + timedelta(seconds=step)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
