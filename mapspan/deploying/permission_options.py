"""The options of `mapspan permissions` that are JSON, and the files that they name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from mapspan.checkout import CommandError
from modules.asl.definition_file import is_yaml, read_json, read_text, read_yaml
from modules.asl.grant import unique_sid
from modules.asl.query_language import DefinitionError
from modules.asl.statement import Statement, allow

# What the options of a machine's place may be, with AWS's page or an example.
_PLACES = {
    # https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html
    "--name": (
        re.compile(r"[^\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]{1,80}"),
        "1 to 80 characters without spaces",
    ),
    "--account-id": (re.compile(r"\d{12}"), "12 digits"),
    "--region": (re.compile(r"[a-z]{2,}(-[a-z]+)+-\d+"), "a Region such as eu-west-1"),
}

Bounds = dict[str, dict[str, str | list[str]]]


def check_place(**values: str | None) -> None:
    """Check `name`, `account_id` and `region`. Raises CommandError."""
    for parameter, value in values.items():
        option = f"--{parameter.replace('_', '-')}"
        pattern, form = _PLACES[option]
        if value is not None and not pattern.fullmatch(value):
            raise CommandError(f"{option} {value}: not {form}: correct it")


def read_bounds(texts: Sequence[str]) -> Bounds:
    """The bounds of all `--bounds`, merged. Raises CommandError."""
    merged: Bounds = {}
    for text in texts:
        bounds = _json_option("--bounds", text)
        for state, fields in bounds.items():
            if not isinstance(fields, dict) or not all(map(_is_bound, fields.values())):
                raise CommandError(
                    f'--bounds {text}: not of the form {{"STATE": {{"FIELD": "VALUE" or ["VALUE", …]}}}}: correct it'
                )
            merged.setdefault(state, {}).update(fields)
    return merged


def _is_bound(value: object) -> bool:
    return isinstance(value, str) or (
        isinstance(value, list) and bool(value) and all(isinstance(item, str) for item in value)
    )


def read_kms_keys(text: str | None) -> dict[str, str]:
    """The KMS keys of buckets. Raises CommandError."""
    keys = {} if text is None else _json_option("--kms-keys", text)
    if not all(isinstance(key, str) and key.startswith("arn:") for key in keys.values()):
        raise CommandError(f'--kms-keys {text}: not of the form {{"BUCKET": "KEY ARN"}}: correct it')
    return keys


def _json_option(option: str, text: str) -> dict[str, Any]:
    try:
        value = read_json(text)
    except DefinitionError as error:
        raise CommandError(f"{option} {text}: {error}: write one JSON object, in single quotes") from error
    if not isinstance(value, dict):
        raise CommandError(f"{option} {text}: not a JSON object: write {{…}}, in single quotes")
    return value


def read_substitutions(file: Path | None) -> dict[str, object]:
    """The values of placeholders. Raises CommandError."""
    if file is None:
        return {}
    values = _read(file)
    if not isinstance(values, dict):
        raise CommandError(f'{file}: not an object: write {{"NAME": "VALUE"}}')
    return values


def read_explicit(pairs: Sequence[str]) -> dict[str, list[Statement]]:
    """The statements of each `--explicit STATE=FILE`. Raises CommandError."""
    explicit: dict[str, list[Statement]] = {}
    sids: set[str] = set()
    for pair in pairs:
        state, separator, file = pair.rpartition("=")
        if not separator or not state or not file:
            raise CommandError(f"--explicit {pair}: not of the form STATE=FILE: correct it")
        for statement in _statements(Path(file)):
            statement["Sid"] = unique_sid(statement["Sid"], sids)
            sids.add(statement["Sid"])
            explicit.setdefault(state, []).append(statement)
    return explicit


def _statements(file: Path) -> Iterator[Statement]:
    """The statements of a policy document, or of a list of statements, or one statement."""
    document = _read(file)
    if isinstance(document, dict) and "Statement" in document:
        document = document["Statement"]
    for statement in document if isinstance(document, list) else [document]:
        if problem := next(_problems(statement), None):
            raise CommandError(f"{file}: {problem}: correct it, or write a policy document with statements that allow")
        yield allow(
            statement.get("Sid", "Explicit"),
            _as_list(statement["Action"]),
            _as_list(statement["Resource"]),
            statement.get("Condition"),
        )


def _problems(statement: object) -> Iterator[str]:
    """What a statement lacks, or has too much; nothing if it is one that allows."""
    if not isinstance(statement, dict):
        yield "a statement is not an object"
        return
    if unknown := statement.keys() - {"Sid", "Effect", "Action", "Resource", "Condition"}:
        yield f"a statement has {', '.join(sorted(unknown))}, which can't be copied into the role's policy"
    if statement.get("Effect") != "Allow":
        yield 'a statement\'s Effect is not "Allow"'
    for element in ("Action", "Resource"):
        values = _as_list(statement.get(element))
        if not values or not all(isinstance(value, str) and value for value in values):
            yield f"a statement's {element} is not text, or a list of texts"
    if not isinstance(statement.get("Sid", ""), str) or not isinstance(statement.get("Condition", {}), dict):
        yield "a statement's Sid or Condition has the wrong type"


def _as_list(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _read(file: Path) -> Any:
    try:
        text = read_text(file)
        return read_yaml(text) if is_yaml(file) else read_json(text)
    except DefinitionError as error:
        raise CommandError(f"{file}: {error}") from error
