"""An example value with which a call meets a condition."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

# Stands for anything that a wildcard matches and no policy names.
ELSEWHERE = "any-other"
_STEPS = {"LessThan": -1, "GreaterThan": 1}


def condition_example(operator: str, value: str) -> str | None:
    """The value of a context key that meets `operator` with `value`.

    None if a call without the key meets it, and if no call does: `value` is not a number where one is needed.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
    """
    name = _plain_operator(operator)
    if "Not" in name or (name == "Null" and value.lower() == "true"):
        return None
    if name == "Null":
        return ELSEWHERE
    if name == "IpAddress":
        return value.split("/", maxsplit=1)[0]
    kind = next((kind for kind in ("Numeric", "Date") if name.startswith(kind)), None)
    if kind is not None:
        step = _STEPS.get(name.removeprefix(kind), 0)
        try:
            return _number(value, step) if kind == "Numeric" else _date(value, step)
        except (ValueError, OverflowError):
            return None
    return pattern_example(value)


def exception_example(operator: str, value: str) -> str | None:
    """The value that keeps a denial from applying; None if a call without the key is exempt."""
    name = _plain_operator(operator)
    if name == "Null":
        return ELSEWHERE if value.lower() == "true" else None
    return condition_example(name.replace("Not", "", 1), value) if "Not" in name else None


def pattern_example(pattern: str) -> str:
    """A string that the pattern matches and that other patterns hardly match."""
    return pattern.replace("*", ELSEWHERE).replace("?", "x")


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
