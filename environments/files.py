"""Reads `environments/<name>.toml` into an `Environment`, and reports every error of every file.

An error is one line: the file, the field, what is wrong and what to write.
"""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from environments.collisions import collisions
from environments.control_characters import Location
from environments.directory import DEFAULTS, DIRECTORY, environment_files
from environments.environment import Environment
from environments.group import ContradictionError, EntryError


class SettingsError(Exception):
    """Every error of every file, one per line."""


def file_of(name: str, directory: Path = DIRECTORY) -> str:
    """The file of an environment, as errors name it."""
    return _short(directory / f"{name}.toml")


def load(name: str, directory: Path = DIRECTORY) -> Environment:
    """Return the environment called `name`.

    Raises:
        SettingsError: the file is missing or has errors.
    """
    path = directory / f"{name}.toml"
    if name == DEFAULTS or not path.is_file():
        known = ", ".join(file.stem for file in environment_files(directory)) or "none"
        raise SettingsError(
            f"{_short(path)}: no such environment (existing: {known}): write that file, or use one of these names"
        )
    return _parse(path)


def load_all(directory: Path = DIRECTORY) -> list[Environment]:
    """Return every environment, sorted by name.

    Raises:
        SettingsError: the errors of all files together.
    """
    environments, errors = [], []
    for path in environment_files(directory):
        try:
            environments.append(_parse(path))
        except SettingsError as error:
            errors.append(str(error))
    if not environments and not errors:
        errors.append(f"{_short(directory)}: contains no environment: write a <name>.toml")
    errors += [f"{_short(directory / name)}.toml: {sentence}" for name, sentence in collisions(environments)]
    if errors:
        raise SettingsError("\n".join(errors))
    return environments


def _parse(path: Path) -> Environment:
    own = _read(path)
    defaults = _read(path.with_stem(DEFAULTS)) if path.with_stem(DEFAULTS).is_file() else {}
    data = merged(defaults, own)
    try:
        # With JSON's strictness, a list is accepted as a tuple, but a string is never accepted as a number.
        return Environment.model_validate_json(json.dumps(data | {"name": path.stem}, default=str))
    except ValidationError as error:
        lines = [
            f"{_short(_file_with(location, path, own=own, defaults=defaults))}: {_visible(sentence)}"
            for detail in error.errors()
            for location, sentence in _sentences(detail)
        ]
        raise SettingsError("\n".join(lines)) from error


def _read(path: Path) -> dict[str, Any]:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{_short(path)}: not valid TOML: {error}") from error
    if "name" in data:
        raise SettingsError(f"{_short(path)}: name: comes from the file name: remove this setting")
    return data


def merged(defaults: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of an environment over those of all: a table's settings one by one, everything else whole."""
    tables = {
        name: merged(defaults[name], own[name])
        for name in defaults.keys() & own.keys()
        if isinstance(defaults[name], Mapping) and isinstance(own[name], Mapping)
    }
    return {**defaults, **own, **tables}


def _file_with(location: Location, path: Path, *, own: Mapping[str, Any], defaults: Mapping[str, Any]) -> Path:
    """The file that sets what an error is about; the environment's own if neither does, or if both do."""
    return path.with_stem(DEFAULTS) if _has(defaults, location) and not _has(own, location) else path


def _has(data: Any, location: Location) -> bool:
    """Whether the data have a value there."""
    for part in location:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return False
    return bool(location)


def _short(path: Path) -> str:
    """The path from the environments' directory on, such as `environments/dev.toml`."""
    return str(Path(path.parent.name) / path.name)


def _sentences(detail: ErrorDetails) -> Iterator[tuple[Location, str]]:
    """What to report for one error of pydantic, and where it is; several sentences if it holds several problems."""
    location = tuple(part for part in detail["loc"] if part != "[key]")  # pydantic's mark of a table's name
    field = _dotted(location)
    match detail["type"]:
        case "missing":
            yield location, f"{field}: required but missing. {_description(location)}"
        case "extra_forbidden":
            yield location, f"unknown setting {field}: {_suggestion(location)}"
        case "value_error" if isinstance(error := detail["ctx"]["error"], ContradictionError):
            for inner, sentence in error.problems:
                yield location, f"{'.'.join([*map(str, location), inner])}: {sentence}"
        case "value_error" if isinstance(error := detail["ctx"]["error"], EntryError):
            for entry, sentence in error.problems:
                yield (*location, *entry), f"{_dotted((*location, *entry))}: {sentence}"
        case "value_error":
            yield location, f"{field}: {_quoted(detail['input'])} {detail['ctx']['error']}"
        case "too_long":
            yield location, f"{field}: has more than {detail['ctx']['max_length']} entries: remove some of them"
        case _:
            value, message = _quoted(detail["input"]), _plain(detail["msg"])
            yield location, f"{field}: {value} is not valid: {message}. {_description(location)}"


def _dotted(location: Location) -> str:
    """The path of a field as TOML writes it, such as `tags."cost center"`."""
    return ".".join(str(part) if re.fullmatch(r"[A-Za-z0-9_-]+", str(part)) else _quoted(part) for part in location)


def _quoted(value: object) -> str:
    """`value` as its file writes it, in one line."""
    return json.dumps(value, ensure_ascii=False, default=str)


def _visible(sentence: str) -> str:
    """`sentence` with every invisible character escaped: a value that it quotes may contain some."""
    return "".join(character if character.isprintable() else json.dumps(character)[1:-1] for character in sentence)


def _plain(message: str) -> str:
    """A message of pydantic ("Input should be …"), as the second half of a sentence."""
    message = message.replace("Input ", "it ", 1).replace(" after validation", "")
    return message[0].lower() + message[1:]


def _group(location: Location) -> type[BaseModel]:
    """The innermost settings group on the way to `location`."""
    group: type[BaseModel] = Environment
    for part in location:
        if isinstance(part, str) and part in group.model_fields:
            group = _group_of(group.model_fields[part].annotation) or group
    return group


def _group_of(annotation: object) -> type[BaseModel] | None:
    """The settings group that a field holds, optional or not; None if it holds a value."""
    for inner in (annotation, *get_args(annotation)):
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            return inner
    return None


def _description(location: Location) -> str:
    """The description of the field at `location`, or of the field that contains it."""
    fields = _group(location[:-1]).model_fields
    names = [part for part in location if isinstance(part, str) and part in fields]
    return (fields[names[-1]].description if names else None) or "See docs/settings.md."


def _suggestion(location: Location) -> str:
    known = sorted(_group(location[:-1]).model_fields)
    close = difflib.get_close_matches(str(location[-1]), known, n=1)
    return f"did you mean {close[0]}?" if close else f"the settings here are {', '.join(known)}"
