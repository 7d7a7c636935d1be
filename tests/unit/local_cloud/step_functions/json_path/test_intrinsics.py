"""Intrinsic functions. Values are those that were recorded on AWS; facts 58 to 60 of docs/recorded-on-aws.md."""

import contextlib
import json
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_cloud.step_functions.errors import StateFailure
from local_cloud.step_functions.json_path.intrinsic import parse
from local_cloud.step_functions.json_path.path import Data

P = {"a": 2, "c": None}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def call(text: str, data: Any = None, **values: Any) -> Any:
    return parse(text).evaluate(Data(values or data, {"Execution": {"Name": "e"}}, {"v": "variable"}))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("States.Array()", []),
        ("States.Array('a', 1, 1.5, true, false, null, $.p, $v)", ["a", 1, 1.5, True, False, None, P, "variable"]),
        ("States.ArrayPartition($.list, 2)", [[1, 2], [2, 3]]),
        ("States.ArrayPartition(States.Array(), 4)", []),
        ("States.ArrayContains($.list, 2)", True),
        ("States.ArrayContains($.list, true)", False),
        ("States.ArrayContains(States.Array($.o), $.o)", True),
        ("States.ArrayRange(0, 10, 3)", [0, 3, 6, 9]),
        ("States.ArrayRange(1, 9, 9)", [1]),
        ("States.ArrayRange(3, 1, -1)", [3, 2, 1]),
        ("States.ArrayGetItem($.list, 3)", 3),
        ("States.ArrayLength($.list)", 4),
        ("States.ArrayUnique($.list)", [1, 2, 3]),
        ("States.ArrayUnique(States.Array(1, true, 1, 1.0))", [1, True, 1.0]),
        ("States.Base64Encode('Data to encode')", "RGF0YSB0byBlbmNvZGU="),
        ("States.Base64Decode('RGF0YSB0byBlbmNvZGU=')", "Data to encode"),
        ("States.Hash('input data', 'SHA-1')", "aaff4a450a104cd177d28d18d74485e8cae074b7"),
        ("States.JsonMerge($.o, $.p, false)", {"a": 2, "b": [], "c": None}),
        ("States.StringToJson('')", None),
        ("States.StringToJson('{\"a\": [1]}')", {"a": [1]}),
        ("States.JsonToString($.o)", '{"a":1,"b":[]}'),
        ("States.MathAdd(-9, 3)", -6),
        ("States.MathAdd(1.5, 1.51)", 4),
        ("States.MathAdd(-1.5, -1.51)", -3),
        ("States.MathAdd(-0.5, 0)", 0),
        ("States.StringSplit(',,,,', ',')", []),
        ("States.StringSplit('This.is+a,test=string', '.+,=')", ["This", "is", "a", "test", "string"]),
        ("States.Format('{} is {}: {} {}', $.o, 1.1, null, 'x')", "{a=1, b=[]} is 1.1: null x"),
        ("States.Format('\\{\\} \\'{}\\' \\\\', 'x')", "{} 'x' \\"),
        ("States.Format($.template, 1)", "n: 1"),
        ("States.Format('{}', States.Format('{}-{}', $$.Execution.Name, $v))", "e-variable"),
        ("States.ArrayLength( $.a['b, c)'] )", 1),
    ],
)
def test_a_function_does_what_was_recorded(text: str, value: Any) -> None:
    data = {
        "list": [1, 2, 2, 3],
        "o": {"a": 1, "b": []},
        "p": P,
        "template": "n: {}",
        "a": {"b, c)": [0]},
    }
    assert json.dumps(call(text, data)) == json.dumps(value)


def test_random_numbers_are_within_bounds_and_follow_a_seed() -> None:
    assert {call("States.MathRandom(1, 4)") for _ in range(200)} == {1, 2, 3}
    assert call("States.MathRandom(1, 999, 7)") == call("States.MathRandom(1, 999, 7)")
    assert uuid.UUID(call("States.UUID()")).version == 4


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("States.StringToJson('{')", "Expecting property name"),
        ("States.ArrayGetItem(States.Array(1), 1)", "out of bounds"),
        ("States.ArrayLength('text')", "an array is expected"),
        ("States.ArrayPartition(States.Array(1), 0)", "must be positive"),
        ("States.ArrayRange(1, 2000, 1)", "more than 1000"),
        ("States.JsonMerge($.a, $.b, true)", "shallow"),
        ("States.Format('{}')", "more places"),
        ("States.Format('', 1)", "fewer places"),
        ("States.Format('{', 1)", "matching brace"),
        ("States.MathAdd(true, 1)", "a number is expected"),
        ("States.MathAdd(2147483647, 1)", "is not within"),
        ("States.MathAdd(1)", "number of arguments"),
        ("States.Hash('x', 'CRC')", "algorithm"),
        ("States.Base64Decode('%')", "base64"),
    ],
)
def test_a_function_that_fails_names_the_whole_call(text: str, what: str) -> None:
    with pytest.raises(StateFailure) as failed:
        call(text, a={}, b={})
    assert failed.value.error == "States.IntrinsicFailure"
    assert failed.value.cause.startswith(f"The function '{text}' had the following error: ")
    assert what in failed.value.cause


def test_an_argument_that_finds_nothing_is_a_runtime_error_of_the_outermost_call() -> None:
    text = "States.Format('{}', States.ArrayLength($.nope))"
    with pytest.raises(StateFailure) as failed:
        call(text, other=1)
    assert failed.value.error == "States.Runtime"
    assert failed.value.cause == (
        f"The function '{text}' had the following error: The JsonPath argument for the field '$.nope' could not be"
        " found in the input '{\"other\":1}'"
    )


@pytest.mark.parametrize(
    "text",
    [
        "States.Nope()",
        "States.Array(",
        "States.Array('a'",
        "States.Array('a' 'b')",
        "States.Array(a)",
        "States.Array(,)",
        "States.UUID() x",
        "Format('{}')",
        'States.StringToJson(\'{"text":"An \\"escaped double quote\\" here"}\')',
    ],
)
def test_what_is_no_call_is_refused(text: str) -> None:
    """Fact 61: a backslash escapes only a quote, a brace or a backslash."""
    with pytest.raises(ValueError, match=r".+"):
        parse(text)


@given(JSON)
def test_json_survives_the_way_through_text(value: Any) -> None:
    assert json.dumps(call("States.StringToJson(States.JsonToString($.v))", v=value)) == json.dumps(value)


@given(st.lists(JSON, max_size=8), st.integers(1, 9))
def test_partitions_hold_all_items_in_order(items: list[Any], size: int) -> None:
    parts = call("States.ArrayPartition($.v, $.n)", v=items, n=size)
    assert [item for part in parts for item in part] == items
    assert all(len(part) == size for part in parts[:-1])


@given(st.text(max_size=100))
def test_a_text_survives_quoting_and_base64(text: str) -> None:
    quoted = text.replace("\\", "\\\\").replace("'", "\\'").replace("{", "\\{").replace("}", "\\}")
    assert call(f"States.Format('{quoted}')") == text
    assert call(f"States.ArrayGetItem(States.Array('{quoted}'), 0)") == text
    assert call("States.Base64Decode(States.Base64Encode($.v))", v=text) == text


@given(st.text(alphabet="States.Array()',$ {}\\1", max_size=30))
def test_any_text_is_a_call_or_refused(text: str) -> None:
    with contextlib.suppress(ValueError):
        parse(f"States.{text}")
