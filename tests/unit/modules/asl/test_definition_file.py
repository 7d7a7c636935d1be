"""A definition is read from JSON or YAML, with its placeholders filled or named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from modules.asl.definition_file import PlaceholdersError, read_definition
from modules.asl.query_language import DefinitionError

VALUES: dict[str, Any] = {"Fn": 'a "b"\n', "Max": 10, "on": True}


def read(tmp_path: Path, text: str | bytes, name: str = "work.asl.json", /, **values: Any) -> dict[str, object]:
    file = tmp_path / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_definition(file, values)


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ('{"a": "${Fn}"}', {"a": 'a "b"\n'}),
        ('{"a": "x-${Fn}-${ Max }"}', {"a": 'x-a "b"\n-10'}),
        ('{"a": ${Max}, "b": ${Fn}, "c": [${on}]}', {"a": 10, "b": 'a "b"\n', "c": [True]}),
        ('{"a": "${Max}"}', {"a": "10"}),
        ('{"${Max}": 1}', {"10": 1}),
        ('{"a.$": "$$.Execution.Name", "b.$": "$.x"}', {"a.$": "$$.Execution.Name", "b.$": "$.x"}),
        ('{"a": "{% ${\\"k\\": v} %}", "b": "{% \'${Max}\' %}"}', {"a": '{% ${"k": v} %}', "b": "{% '10' %}"}),
        ('{"a": "\\"${Max}\\\\"}', {"a": '"10\\'}),
    ],
)
def test_placeholders_are_filled_in_json(tmp_path: Path, text: str, filled: object) -> None:
    assert read(tmp_path, text, **VALUES) == filled


@pytest.mark.parametrize("name", ["work.json", "work.yaml"])
def test_a_value_may_be_a_token_of_cdktf(tmp_path: Path, name: str) -> None:
    token = "${TfToken[TOKEN.1]}"
    assert read(tmp_path, '{"a": "${Fn}", "b": "x/${Fn}"}', name, Fn=token) == {"a": token, "b": f"x/{token}"}


def test_placeholders_are_filled_in_yaml(tmp_path: Path) -> None:
    text = "a: ${Max}\nb: '${Fn}'\nc: x-${Max}\n${Fn}: {d: $$.Execution.Name}\n"
    filled = {"a": 10, "b": VALUES["Fn"], "c": "x-10", VALUES["Fn"]: {"d": "$$.Execution.Name"}}
    assert read(tmp_path, text, "work.asl.YML.tftpl", **VALUES) == filled


@pytest.mark.parametrize("name", ["work.asl.json", "work.yaml"])
def test_placeholders_without_a_value_are_named_all_at_once(tmp_path: Path, name: str) -> None:
    text = '{"a": "${One}", "b": "${AWS::Region} ${jsonencode(x)}", "c": "{% ${Two} %}", "d": "${One}${Fn}"}'
    with pytest.raises(PlaceholdersError) as refusal:
        read(tmp_path, text, name, **VALUES)
    assert refusal.value.names == ["One", "AWS::Region", "jsonencode(x)", "Two"]


def test_an_unquoted_placeholder_without_a_value_is_named(tmp_path: Path) -> None:
    with pytest.raises(PlaceholdersError, match="placeholders without a value: max"):
        read(tmp_path, '{"MaxConcurrency": ${max}}')


def test_yaml_has_the_types_of_json(tmp_path: Path) -> None:
    text = """
    Retry: &retry [{ErrorEquals: [States.ALL]}]
    account: 012345678901
    end: true
    none: ~
    number: [1, -1.5, 1e3]
    next: no
    date: 2026-11-26
    again: {Retry: *retry}
    merged: {<<: {a: 1, b: 2}, b: 3}
    """
    assert read(tmp_path, text, "work.yaml") == {
        "Retry": [{"ErrorEquals": ["States.ALL"]}],
        "account": "012345678901",
        "end": True,
        "none": None,
        "number": [1, -1.5, 1000.0],
        "next": "no",
        "date": "2026-11-26",
        "again": {"Retry": [{"ErrorEquals": ["States.ALL"]}]},
        "merged": {"a": 1, "b": 3},
    }


def test_a_byte_order_mark_is_no_part_of_the_definition(tmp_path: Path) -> None:
    assert read(tmp_path, b'\xef\xbb\xbf{"a": 1}') == {"a": 1}


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("x.json", "", "not valid JSON"),
        ("x.json", "{", "not valid JSON"),
        ("x.json", '"${', "not valid JSON"),
        ("x.json", '{"a": NaN}', "NaN is not a number"),
        ("x.json", "[1]", "must be an object"),
        ("x.json", '{"A": 1, "A": 2}', "'A' stands twice"),
        ("x.json", "[" * 100_000, "nested too deeply"),
        ("x.json", '{"a": %s}' % ("1" * 5000), "not valid JSON"),
        ("x.json", b"\xff\xfe{\x00}\x00", "not UTF-8"),
        ("x.yaml", "a: [", "not valid YAML"),
        ("x.yaml", "a: 1\na: 2", "'a' stands twice"),
        ("x.yaml", "? [a]\n: 1", "a name must be text"),
        ("x.yaml", "a: !Sub x", "not valid YAML"),
        ("x.yaml", "a: &a [*a]", "not valid YAML"),
        ("x.yaml", "&a [*a]", "contains itself"),
        ("x.yaml", "a: !!binary aGk=", "has no form in JSON"),
        ("x.yaml", "a: 1\n---\nb: 2", "not valid YAML"),
    ],
)
def test_a_file_that_holds_no_definition_is_refused_in_one_line(
    tmp_path: Path, name: str, text: str | bytes, problem: str
) -> None:
    with pytest.raises(DefinitionError) as refusal:
        read(tmp_path, text, name)
    assert problem in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_file_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match="can't be read: No such file"):
        read_definition(tmp_path / "none.json")
    with pytest.raises(DefinitionError, match="can't be read"):
        read_definition(tmp_path)
