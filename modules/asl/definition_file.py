"""Reads a definition from a JSON or YAML file and fills its placeholders."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped] # its types are a package of their own

from modules.asl.placeholders import Placeholders
from modules.asl.query_language import DefinitionError


class PlaceholdersError(DefinitionError):
    """Placeholders without a value."""

    def __init__(self, names: list[str]) -> None:
        super().__init__([f"placeholders without a value: {', '.join(names)}"])
        self.names = names


def read_definition(file: Path, substitutions: Mapping[str, object] | None = None) -> dict[str, object]:
    """The definition in a file: YAML if its name contains `.yaml` or `.yml`, else JSON.

    `substitutions` are the values of its placeholders `${Name}`.

    Raises PlaceholdersError with every placeholder that has no value, DefinitionError if the file can't be read.
    """
    placeholders = Placeholders(substitutions or {})
    text = read_text(file)
    if is_yaml(file):
        definition = _filled_yaml(text, placeholders)
    else:
        filled = placeholders.fill_json(text)
        definition = None if placeholders.missing else read_json(filled)
    if placeholders.missing:
        raise PlaceholdersError(list(placeholders.missing))
    if not isinstance(definition, dict):
        raise DefinitionError(["not a definition: it must be an object with StartAt and States"])
    return definition


def fill_definition(definition: Mapping[str, object], substitutions: Mapping[str, object]) -> dict[str, object]:
    """A definition with its placeholders `${Name}` filled. CDKTF's tokens, `${TfToken[…]}`, stay: Terraform fills them.

    Raises PlaceholdersError with every placeholder that has no value.
    """
    placeholders = Placeholders(substitutions)
    filled = {name: _filled(value, placeholders) for name, value in definition.items()}
    if missing := [name for name in placeholders.missing if not name.startswith("TfToken[")]:
        raise PlaceholdersError(missing)
    return filled


def is_yaml(file: Path) -> bool:
    """Whether a file is YAML, by its name: `machine.yaml`, also `machine.asl.yml.tftpl`."""
    return bool({".yaml", ".yml"} & {suffix.lower() for suffix in file.suffixes})


def read_text(file: Path) -> str:
    """The text of a UTF-8 file, with or without a byte order mark. Raises DefinitionError."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DefinitionError([f"not UTF-8 (byte {error.start}): save it as UTF-8"]) from error
    except (OSError, ValueError) as error:  # ValueError: a null character in the path
        raise DefinitionError([f"can't be read: {getattr(error, 'strerror', None) or error}"]) from error


def read_json(text: str) -> Any:
    """A JSON text. Raises DefinitionError if it is not JSON, or an object has the same name twice."""
    try:
        return json.loads(text, object_pairs_hook=_without_duplicates, parse_constant=_refuse_constant)
    except DefinitionError:
        raise
    except (ValueError, RecursionError) as error:  # ValueError: also a number of thousands of digits
        raise DefinitionError([f"not valid JSON: {_reason(error)}"]) from error


def read_yaml(text: str) -> Any:
    """A YAML text, whose scalars are those of JSON. Raises DefinitionError."""
    try:
        return yaml.load(text, Loader=_JsonTypesLoader)  # noqa: S506 - a SafeLoader with fewer types
    except DefinitionError:
        raise
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise DefinitionError([f"not valid YAML: {_reason(error)}"]) from error


def _filled_yaml(text: str, placeholders: Placeholders) -> object:
    try:
        return _filled(read_yaml(text), placeholders)
    except RecursionError as error:
        raise DefinitionError(["not valid YAML: an alias contains itself"]) from error


def _reason(error: Exception) -> str:
    """An error's text in one line."""
    if isinstance(error, RecursionError):
        return "nested too deeply"
    text = " ".join(str(error).split())
    hint = "; write a placeholder in its place, such as ${Name}" if "constructor for the tag" in text else ""
    return f"{text}{hint}"


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """JSON's last one of two equal names wins: a state would be lost."""
    members = dict(pairs)
    if len(members) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise DefinitionError([f"{twice!r} stands twice in one object: remove or rename one of the two"])
    return members


def _refuse_constant(name: str) -> None:
    raise DefinitionError([f"not valid JSON: {name} is not a number"])


def _filled(value: object, placeholders: Placeholders) -> object:
    match value:
        case str():
            return placeholders.fill(value)
        case list() | tuple():
            return [_filled(item, placeholders) for item in value]
        case Mapping():
            return {str(placeholders.fill(name)): _filled(item, placeholders) for name, item in value.items()}
        case bool() | int() | float() | None:
            return value
    raise DefinitionError([f"{value!r} has no form in JSON: write it as text, in quotes"])


class _JsonTypesLoader(yaml.SafeLoader):  # type: ignore[misc] # yaml has no types
    """YAML whose scalars are JSON's.

    YAML 1.1 reads `no` as false, 012 as ten and 2026-11-26 as a date; a definition means all of them as text.
    """

    yaml_implicit_resolvers: dict[str, list[tuple[str, Any]]] = {}  # noqa: RUF012 - PyYAML's own interface

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[str, object]:  # noqa: ARG002 - PyYAML's own
        names = [key.value for key, _ in node.value if key.tag != _MERGE]
        if not all(isinstance(name, str) for name in names):
            raise DefinitionError(["not valid YAML: a name must be text"])
        _without_duplicates([(name, None) for name in names])
        self.flatten_mapping(node)
        return {key.value: self.construct_object(item, deep=True) for key, item in node.value}


_MERGE = "tag:yaml.org,2002:merge"
for tag, pattern, first in (
    (_MERGE, r"<<", "<"),
    ("tag:yaml.org,2002:null", r"~|null|", ["~", "n", ""]),
    ("tag:yaml.org,2002:bool", r"true|false", "tf"),
    ("tag:yaml.org,2002:int", r"-?(0|[1-9][0-9]*)", "-0123456789"),
    ("tag:yaml.org,2002:float", r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?", "-0123456789"),
):
    _JsonTypesLoader.add_implicit_resolver(tag, re.compile(f"(?:{pattern})$"), list(first))
