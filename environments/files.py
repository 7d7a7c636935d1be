"""The environments' files: each `environments/<name>.toml` becomes an `Environment`, or all its errors."""

from __future__ import annotations

import difflib
import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from environments.collisions import collisions
from environments.environment import Environment
from environments.group import ContradictionError

DIRECTORY = Path(__file__).parent


class SettingsError(Exception):
    """Every error of every file, one a line: file, field, what is wrong and what to do."""


def load(name: str, directory: Path = DIRECTORY) -> Environment:
    """The environment called `name`.

    Raises:
        SettingsError: the file is missing, or holds something wrong.
    """
    path = directory / f"{name}.toml"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in directory.glob("*.toml"))) or "none"
        raise SettingsError(f"{_shown(path)}: there is no such environment (there are: {known})")
    return _parse(path)


def load_all(directory: Path = DIRECTORY) -> list[Environment]:
    """Every environment, by name.

    Raises:
        SettingsError: with the errors of all files, so that one look is enough to mend them.
    """
    environments, errors = [], []
    for path in sorted(directory.glob("*.toml")):
        try:
            environments.append(_parse(path))
        except SettingsError as error:
            errors.append(str(error))
    if not environments and not errors:
        errors.append(f"{_shown(directory)}: holds no environment: write a <name>.toml")
    errors += [f"{_shown(directory / name)}.toml: {sentence}" for name, sentence in collisions(environments)]
    if errors:
        raise SettingsError("\n".join(errors))
    return environments


def _parse(path: Path) -> Environment:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{_shown(path)}: is not TOML: {error}") from error
    if "name" in data:
        raise SettingsError(f"{_shown(path)}: name: is the file's own name: take the field out")
    try:
        # JSON's rules for strictness: a list may stand for a tuple, a string never for a number.
        return Environment.model_validate_json(_toml(data | {"name": path.stem}))
    except ValidationError as error:
        lines = [f"{_shown(path)}: {sentence}" for detail in error.errors() for sentence in _sentences(detail)]
        raise SettingsError("\n".join(lines)) from error


def _shown(path: Path) -> str:
    return str(Path(path.parent.name) / path.name)


def _sentences(detail: ErrorDetails) -> Iterator[str]:
    loc = detail["loc"]
    field = ".".join(str(part) for part in loc)
    match detail["type"]:
        case "missing":
            yield f"{field}: is missing: {_description(loc)}"
        case "extra_forbidden":
            yield f"{field}: is no setting{_suggestion(loc)}"
        case "value_error" if isinstance(error := detail["ctx"]["error"], ContradictionError):
            for inner, sentence in error.problems:
                yield f"{'.'.join([*map(str, loc), inner])}: {sentence}"
        case "value_error":
            yield f"{field}: {_toml(detail['input'])} {detail['ctx']['error']}"
        case _:
            yield f"{field}: {_toml(detail['input'])} is wrong: {_plain(detail)}. {_description(loc)}"


def _toml(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _plain(detail: ErrorDetails) -> str:
    """pydantic's message, in the tone of the rest of the line."""
    return detail["msg"].removeprefix("Input ").removeprefix("Value ")


def _model(loc: tuple[int | str, ...]) -> type[BaseModel]:
    model: type[BaseModel] = Environment
    for part in loc:
        if isinstance(part, str) and part in model.model_fields:
            model = _inner_model(model.model_fields[part].annotation) or model
    return model


def _inner_model(annotation: object) -> type[BaseModel] | None:
    """The model that a field holds, be it optional or not."""
    for inner in (annotation, *get_args(annotation)):
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            return inner
    return None


def _description(loc: tuple[int | str, ...]) -> str:
    fields = _model(loc[:-1]).model_fields
    names = [part for part in loc if isinstance(part, str)]
    return (fields[names[-1]].description if names and names[-1] in fields else None) or "see environments/settings.py"


def _suggestion(loc: tuple[int | str, ...]) -> str:
    known = sorted(_model(loc[:-1]).model_fields)
    close = difflib.get_close_matches(str(loc[-1]), known, n=1)
    return f": did you mean {close[0]}?" if close else f": the settings here are {', '.join(known)}"
