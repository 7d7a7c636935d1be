"""The rules of a Choice: comparisons, combined with And, Or and Not.
https://docs.aws.amazon.com/step-functions/latest/dg/state-choice.html
"""

import operator
import re
from collections.abc import Callable
from typing import Any

from local_cloud.step_functions.errors import RUNTIME, StateFailure
from local_cloud.step_functions.json_path import path
from local_cloud.step_functions.json_path.path import Data
from local_cloud.step_functions.json_path.reference_path import NoMatchError
from local_cloud.step_functions.timestamp import parse_timestamp

_ORDER = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "LessThanEquals": operator.le,
    "GreaterThan": operator.gt,
    "GreaterThanEquals": operator.ge,
}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_timestamp(value: Any) -> bool:
    return isinstance(value, str) and parse_timestamp(value) is not None


def _matches(value: Any, pattern: str) -> bool:
    """`*` stands for any characters, unless a backslash is before it."""
    if not isinstance(value, str):
        return False
    parts = re.findall(r"\\[*\\]|\*|[^*\\]+|\\", pattern)
    expression = "".join(".*" if part == "*" else re.escape(re.sub(r"\\([*\\])", r"\1", part)) for part in parts)
    return re.fullmatch(expression, value, re.DOTALL) is not None


Compare = Callable[[Any, Any], bool]


def _typed(is_type: Callable[[Any], bool], compare: Compare, key: Callable[[Any], Any]) -> Compare:
    """A comparison that is false for values of another type."""
    return lambda value, other: is_type(value) and is_type(other) and compare(key(value), key(other))


_TYPES: dict[str, tuple[Callable[[Any], bool], Callable[[Any], Any]]] = {
    "String": (lambda value: isinstance(value, str), str),
    "Numeric": (_is_number, lambda number: number),
    "Timestamp": (_is_timestamp, parse_timestamp),
}
# Those that also exist with `Path`, for a value that a path finds.
_COMPARISONS: dict[str, Compare] = {
    **{
        f"{kind}{name}": _typed(is_type, compare, key)
        for kind, (is_type, key) in _TYPES.items()
        for name, compare in _ORDER.items()
    },
    "BooleanEquals": _typed(lambda value: isinstance(value, bool), operator.eq, bool),
}
_TESTS: dict[str, Callable[[Any], bool]] = {
    "IsNull": lambda value: value is None,
    "IsNumeric": _is_number,
    "IsString": lambda value: isinstance(value, str),
    "IsBoolean": lambda value: isinstance(value, bool),
    "IsTimestamp": _is_timestamp,
}
PATH_OPERATORS = frozenset(f"{name}Path" for name in _COMPARISONS)
OPERATORS = frozenset({*_COMPARISONS, *_TESTS, *PATH_OPERATORS, "StringMatches", "IsPresent"})


def is_true(rule: dict[str, Any], data: Data) -> bool:
    """Whether a rule, or a rule inside And, Or and Not, matches. Raises StateFailure if a path finds nothing."""
    if "And" in rule:
        return all(is_true(inner, data) for inner in rule["And"])
    if "Or" in rule:
        return any(is_true(inner, data) for inner in rule["Or"])
    if "Not" in rule:
        return not is_true(rule["Not"], data)
    [name] = OPERATORS & rule.keys()
    return _compares(name, rule["Variable"], rule[name], data)


def _compares(name: str, variable: str, expected: Any, data: Data) -> bool:
    """`name` is the operator's, `expected` its value in the rule."""
    if name == "IsPresent":
        return bool(_is_present(variable, data) == expected)
    value = _find(variable, data)
    if name in _TESTS:
        return bool(_TESTS[name](value) == expected)
    if name == "StringMatches":
        return _matches(value, expected)
    if name in PATH_OPERATORS:
        return _COMPARISONS[name.removesuffix("Path")](value, _find(expected, data))
    return _COMPARISONS[name](value, expected)


def _is_present(variable: str, data: Data) -> bool:
    try:
        path.parse(variable).find(data)
    except NoMatchError:
        return False
    return True


def _find(text: str, data: Data) -> Any:
    try:
        return path.parse(text).find(data)
    except NoMatchError as error:
        cause = f"Invalid path '{text}': The choice state's condition path references an invalid value."
        raise StateFailure(RUNTIME, cause) from error
