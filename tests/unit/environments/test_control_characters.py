"""No string of an environment's settings may contain a control character, whatever the field."""

from __future__ import annotations

import tomllib
import types
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from environments.environment import Environment
from environments.group import EntryError, Settings
from tests.fixtures.environment_files import RIGHT, errors_with, toml

# The last name of a path to an entry of a list, to a value of a table and to a name of a table.
ENTRY, VALUE, NAME = "0", "<value>", "<name>"
Path = tuple[str, ...]

CONTROL = st.characters(categories=["Cc"]) | st.sampled_from(
    "\u061c\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)


def string_fields(annotation: Any, path: Path = ()) -> Iterator[Path]:
    """The path of every string in the settings of this type."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for name, field in annotation.model_fields.items():
            yield from string_fields(field.annotation, (*path, name))
    elif annotation is str or (origin is Literal and all(isinstance(one, str) for one in arguments)):
        yield path
    elif origin is Annotated:
        yield from string_fields(arguments[0], path)
    elif origin in (Union, types.UnionType):
        for argument in arguments:
            yield from string_fields(argument, path)
    elif origin is tuple:
        yield from string_fields(arguments[0], (*path, ENTRY))
    elif origin is dict:
        yield from string_fields(arguments[0], (*path, NAME))
        yield from string_fields(arguments[1], (*path, VALUE))


# A file may not set its own name.
FIELDS = [path for path in dict.fromkeys(string_fields(Environment)) if path != ("name",)]


def with_string(path: Path, text: str) -> dict[str, Any]:
    """The table at the top of `path`, of the valid file, with `text` at `path`."""
    value: Any = text
    *names, last = path
    value = {NAME: {text: "a"}, VALUE: {"NAME": text}, ENTRY: [text]}.get(last, {last: text})
    if last in (NAME, VALUE, ENTRY):
        value = {names.pop(): value}
    for name in reversed(names):
        value = {name: value}
    top = next(iter(value))
    right = tomllib.loads(RIGHT).get(top)
    return {top: {**right, **value[top]}} if isinstance(right, dict) else {top: value[top]}


def field_of(path: Path, text: str) -> str:
    """The field as an error names it."""
    return ".".join({NAME: toml(text), VALUE: "NAME"}.get(name, name) for name in path)


def test_the_walk_finds_every_kind_of_string() -> None:
    expected = {
        ("region",),
        ("source", "prefixes", ENTRY),
        ("source", "bucket_policy"),
        ("tags", NAME),
        ("tags", VALUE),
        ("job", "environment", VALUE),
        ("job", "output", "prefix"),
        ("schedule", "expression"),
        ("company", "vpc", "subnet_ids", ENTRY),
        ("inventory", "existing", "id"),
    }
    assert expected <= set(FIELDS)
    assert len(FIELDS) >= 50


@given(path=st.sampled_from(FIELDS), before=st.sampled_from(("", "a")), character=CONTROL)
def test_every_string_with_a_control_character_is_refused_by_its_field(path: Path, before: str, character: str) -> None:
    reported = errors_with(with_string(path, before + character + "b"))
    shown = field_of(path, "").removesuffix(".").removesuffix('""')
    assert [line for line in reported if line.startswith(shown)], reported
    assert all(line.isprintable() for line in reported)


@pytest.mark.parametrize("character", ["\u0007", "\t", "\n", "\u007f", "\u0085", "\u2028", "\u202e", "\u2069"])
@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("source", "prefixes", ENTRY), "2026/?/"),
        (("schedule", "prefixes", ENTRY), "2026/?/"),
        (("inventory", "existing", "prefix"), "a?b"),
        (("job", "output", "prefix"), "out?/"),
        (("job", "path"), "jobs/?"),
        (("job", "policy"), "jobs/?"),
        (("job", "environment", VALUE), "a?b"),
        (("select", "suffixes", ENTRY), ".?csv"),
        (("select", "include", ENTRY), "*?"),
        (("select", "exclude", ENTRY), "*?"),
        (("tags", NAME), "Te?am"),
        (("tags", VALUE), "da?ta"),
    ],
    ids=lambda value: ".".join(value) if isinstance(value, tuple) else "",
)
def test_a_free_text_says_which_control_character_it_contains(path: Path, text: str, character: str) -> None:
    value = text.replace("?", character)
    reported = errors_with(with_string(path, value))
    its = "its name " if path[-1] == NAME else ""
    field = ".".join({NAME: "?", VALUE: "NAME"}.get(name, name) for name in path).partition("?")[0]
    sentence = f"{its}contains the control character U+{ord(character):04X}: remove it"
    assert [line for line in reported if line.startswith(field) and line.endswith(sentence)], reported


def test_a_new_field_needs_no_validator_of_its_own() -> None:
    class NewSettings(Settings):
        text: str
        texts: tuple[str, ...]
        table: dict[str, str]

    with pytest.raises(ValidationError) as raised:
        NewSettings(text="a\u202e", texts=("a", "b\n"), table={"a": "b", "c\u0000": "d\u0001"})
    problems = [
        (*error["loc"], problem.problems)
        for error in raised.value.errors()
        if isinstance(problem := error["ctx"]["error"], EntryError)
    ]
    assert problems == [
        ("text", [((), "contains the control character U+202E: remove it")]),
        ("texts", [((1,), "contains the control character U+000A: remove it")]),
        (
            "table",
            [
                (("c\u0000",), "its name contains the control character U+0000: remove it"),
                (("c\u0000",), "contains the control character U+0001: remove it"),
            ],
        ),
    ]
