"""The operators of a Choice, as recorded on AWS: another type does not match, and is not an error (fact 63)."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_cloud.step_functions.errors import StateFailure
from local_cloud.step_functions.json_path.choice_rule import is_true
from local_cloud.step_functions.json_path.path import Data

OTHERS: list[Any] = [None, 0, 1.1, "", "x", [], {"a": 0}, True]
EARLY, LATE = "2026-01-01T00:00:00Z", "2026-01-01T00:30:00+00:00"


def matches(operator: str, value: Any, other: Any) -> bool:
    """The operator alone, and its variant with a path if there is one, which must agree."""
    data = Data({"value": value, "other": other}, {}, {})
    alone = is_true({"Variable": "$.value", operator: other}, data)
    if not operator.startswith("Is") and operator != "StringMatches":
        assert is_true({"Variable": "$.value", f"{operator}Path": "$.other"}, data) == alone
    return alone


@pytest.mark.parametrize(
    ("kind", "low", "high"), [("String", "a", "b"), ("Numeric", 1, 1.5), ("Timestamp", EARLY, LATE)]
)
def test_values_of_one_type_are_ordered(kind: str, low: Any, high: Any) -> None:
    by_operator = {
        "Equals": (False, True, False),
        "LessThan": (True, False, False),
        "LessThanEquals": (True, True, False),
        "GreaterThan": (False, False, True),
        "GreaterThanEquals": (False, True, True),
    }
    for operator, expected in by_operator.items():
        found = tuple(matches(f"{kind}{operator}", *pair) for pair in ((low, high), (low, low), (high, low)))
        assert found == expected, operator


@pytest.mark.parametrize(
    ("operator", "other", "matching"),
    [
        ("StringEquals", "x", ["x"]),
        ("NumericEquals", 1.1, [1.1]),
        ("NumericLessThan", 9, [0, 1.1]),
        ("BooleanEquals", True, [True]),
        ("TimestampEquals", EARLY, []),
    ],
)
def test_a_value_of_another_type_does_not_match(operator: str, other: Any, matching: list[Any]) -> None:
    assert [value for value in OTHERS if matches(operator, value, other)] == matching


@pytest.mark.parametrize(
    ("operator", "of_type"),
    [
        ("IsNull", [None]),
        ("IsNumeric", [0, 1.1]),
        ("IsString", ["", "x"]),
        ("IsBoolean", [True]),
        ("IsTimestamp", []),
        ("IsPresent", OTHERS),
    ],
)
def test_a_test_of_the_type_says_yes_or_no(operator: str, of_type: list[Any]) -> None:
    assert [value for value in OTHERS if matches(operator, value, other=True)] == of_type
    assert [value for value in OTHERS if not matches(operator, value, other=False)] == of_type


def test_the_same_moment_in_another_zone_is_equal() -> None:
    assert matches("TimestampEquals", "2026-01-01T01:00:00+01:00", EARLY)
    assert matches("IsTimestamp", EARLY, other=True)
    assert matches("IsTimestamp", "2026-01-01", other=False)


@pytest.mark.parametrize(
    ("pattern", "value", "expected"),
    [
        ("log-*.txt", "log-2026.txt", True),
        ("log-*.txt", "log-2026.csv", False),
        ("*", "a\nb", True),
        ("a\\*", "a*", True),
        ("a\\*", "ab", False),
        ("a\\\\*", "a\\b", True),
        ("a.c", "abc", False),
        ("*", 1, False),
    ],
)
def test_a_star_stands_for_any_characters(pattern: str, value: Any, expected: bool) -> None:
    assert matches("StringMatches", value, pattern) is expected


def test_only_is_present_takes_a_path_that_finds_nothing() -> None:
    data = Data({}, {}, {})
    assert is_true({"Variable": "$.none", "IsPresent": False}, data)
    for rule, path in (
        ({"Variable": "$.none", "IsNull": True}, "$.none"),
        ({"Variable": "$", "StringEqualsPath": "$.other"}, "$.other"),
    ):
        with pytest.raises(StateFailure) as failed:
            is_true(rule, data)
        assert failed.value.error == "States.Runtime"
        assert failed.value.cause == (
            f"Invalid path '{path}': The choice state's condition path references an invalid value."
        )


RULES = st.recursive(
    st.sampled_from(["a", "b", "c"]).map(lambda name: {"Variable": f"$.{name}", "BooleanEquals": True}),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3).map(lambda rules: {"And": rules})
        | st.lists(inner, min_size=1, max_size=3).map(lambda rules: {"Or": rules})
        | inner.map(lambda rule: {"Not": rule})
    ),
    max_leaves=8,
)


@given(RULES, st.fixed_dictionaries(dict.fromkeys("abc", st.booleans())))
def test_and_or_and_not_combine_as_in_logic(rule: dict[str, Any], values: dict[str, bool]) -> None:
    def expected(part: dict[str, Any]) -> bool:
        if "And" in part:
            return all(expected(inner) for inner in part["And"])
        if "Or" in part:
            return any(expected(inner) for inner in part["Or"])
        return not expected(part["Not"]) if "Not" in part else values[part["Variable"][-1]]

    assert is_true(rule, Data(values, {}, {})) == expected(rule)
