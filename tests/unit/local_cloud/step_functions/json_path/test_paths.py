"""Paths and Reference Paths, as recorded on AWS where a docstring names a fact of docs/recorded-on-aws.md."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_cloud.step_functions.json_path.path import Data, parse
from local_cloud.step_functions.json_path.reference_path import NoMatchError, put, written

DOCUMENT = {
    "a": {"b": [{"k": "x", "n": 1}, {"k": "y", "n": 2}, {"n": 3}], "c-d": None},
    "é": 1,
    "aws:x": 2,
    "where": {"it": 3},
    "two words": [[4]],
    "empty": [],
}
STEPS = st.lists(st.one_of(st.text(), st.integers(0, 2)), max_size=4)


def find(text: str, document: Any = DOCUMENT, **data: Any) -> Any:
    return parse(text).find(Data(document, data.get("context", {}), data.get("variables", {})))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$", DOCUMENT),
        ("$.a.b[0].k", "x"),
        ("$['a']['b'][1]['k']", "y"),
        ('$["a"].b[-1].n', 3),
        ("$.a.c-d", None),
        ("$.é", 1),
        ("$.aws:x", 2),
        ("$.where.it", 3),
        ("$['two words'][0][0]", 4),
        ("$.a.b[*].n", [1, 2, 3]),
        ("$.a.b[1:].n", [2, 3]),
        ("$.a.b[:1]", [{"k": "x", "n": 1}]),
        ("$.a.b[0,2].n", [1, 3]),
        ("$..k", ["x", "y"]),
        ("$.where.*", [3]),
        ("$.a.b[?(@.k == 'y')].n", [2]),
        ("$.a.b[?(@.n > 1 && @.k == 'y')].k", ["y"]),
        ("$.a.b[?(@.n > 9)]", []),
        ("$['é','aws:x']", {"é": 1, "aws:x": 2}),
        ("$.a.b[1:]['k','n']", [{"k": "y", "n": 2}, {"n": 3}]),
        ("$.a.b.length()", 3),
        ("$.a.b[*].n.max()", 3),
    ],
)
def test_a_path_finds_one_value_or_an_array_of_all(text: str, value: Any) -> None:
    assert find(text) == value


@pytest.mark.parametrize(
    "text", ["$[*]", "$.none[*]", "$.none[1:]", "$.none.none[:1].x", "$.empty[*]", "$.none[?(@.x)]"]
)
def test_a_wildcard_a_slice_or_a_filter_without_a_match_is_an_empty_array(text: str) -> None:
    """Fact 57."""
    assert find(text, {"empty": []} if "empty" in text else {}) == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("$.x", "No results for path: $['x']"),
        ("$.a.x", "No results for path: $['a']['x']"),
        ("$.no.such.path", "Missing property in path $['no']"),
        ("$.a.b[3].k", "Index out of bounds when evaluating path $['a']['b'][3]"),
        ("$.a[0]", "Filter: [0] can only be applied to arrays."),
        ("$.a.c-d.x", "No results for path: $['a']['c-d']['x']"),
    ],
)
def test_a_path_that_finds_nothing_says_why(text: str, why: str) -> None:
    """Fact 56."""
    with pytest.raises(NoMatchError) as failed:
        find(text)
    assert str(failed.value).startswith(why)


def test_roots_are_the_input_the_context_object_and_variables() -> None:
    data = {"context": {"Execution": {"Name": "e"}}, "variables": {"items": [{"v": 7}], "ünï": 8}}
    assert find("$$.Execution.Name", **data) == "e"
    assert find("$$", **data) == data["context"]
    assert find("$items[0].v", **data) == 7
    assert find("$items[*].v", **data) == [7]
    assert find("$ünï", **data) == 8
    with pytest.raises(NoMatchError):
        find("$other", **data)


def test_a_backslash_in_a_quoted_name_is_a_character_of_it() -> None:
    """Fact 62."""
    assert find('$[\'Test\\""Name"\']', {'Test\\""Name"': 1}) == 1


@pytest.mark.parametrize(
    "text", ["", "a", "$a b", "$.", "$.a.", "$[", "$.a[", "$.a]", "$.a[x]", "$$$", "$.a b", None, 1]
)
def test_what_is_no_path_is_refused(text: Any) -> None:
    with pytest.raises(ValueError, match="not a JSONPath"):
        parse(text)


@given(STEPS, st.integers())
def test_what_is_put_at_a_place_is_found_there_and_nothing_else_changes(path: list[str | int], value: int) -> None:
    document: Any = {"kept": [1, {"deep": True}]}
    for step in reversed([step for step in path if step != "kept"]):
        document = {step: document, "kept": 1} if isinstance(step, str) else [*[0, 1, 2][:step], document]
    steps = [step for step in path if step != "kept"]
    before = json.dumps(document)
    changed = put(steps, document, value)
    assert json.dumps(document) == before
    if all("'" not in step and "\\" not in step for step in steps if isinstance(step, str)):
        assert find(written(steps), changed) == value


def test_missing_objects_on_the_way_are_created() -> None:
    assert put(["a", "b"], {"k": 1}, 2) == {"k": 1, "a": {"b": 2}}


@pytest.mark.parametrize(("path", "document"), [(["x"], "text"), (["a", "x"], {"a": 1}), ([3], [1]), (["x"], None)])
def test_a_place_inside_a_scalar_or_past_an_array_can_not_be_set(path: list[str | int], document: Any) -> None:
    with pytest.raises(NoMatchError):
        put(path, document, 1)


@given(st.text())
def test_any_text_is_a_path_or_refused(text: str) -> None:
    with contextlib.suppress(ValueError):
        parse(f"$.{text}")
