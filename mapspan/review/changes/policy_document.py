"""A policy's JSON, read as IAM reads it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from mapspan.review.changes.placeholder import Placeholder, Unreadable
from mapspan.review.iam.accounts import Document, Statement

_LISTS = ("Action", "NotAction", "Resource", "NotResource")
_PRINCIPALS = ("Principal", "NotPrincipal")
# IAM doesn't distinguish upper and lower case in the names of elements.
_ELEMENTS = {name.lower(): name for name in ("Sid", "Effect", "Condition", *_LISTS, *_PRINCIPALS)}


def read_document(value: Any) -> Document | Placeholder | None:
    """A policy from an attribute's value: `Statement` is a list, and every value in it is text or a list of text.

    None if the attribute holds no policy: it is missing, empty, or the JSON `null`. A placeholder if the plan doesn't
    show the policy, or if it is not one that IAM accepts.
    """
    if isinstance(value, Placeholder):
        return value
    if value is None or value == "":
        return None
    try:
        document = load_json(value)
        return None if document is None else _document(document)
    except ValueError as error:
        return Unreadable(f"not a policy that IAM accepts: {error}")


def read_statements(value: Any) -> list[Statement]:
    """Statements from a policy's `Statement`: a list, a single statement, or `null`.

    Raises:
        ValueError: IAM accepts no such statement; the message says why.
    """
    statements = value if isinstance(value, list) else [] if value is None else [value]
    return [_statement(statement) for statement in statements]


def load_json(text: Any) -> Any:
    """JSON with its numbers as they are written, because IAM compares them with the text of a request.

    Raises:
        ValueError: this is not JSON, or nested too deeply to be read.
    """
    if not isinstance(text, str):
        raise ValueError("it is not text")  # noqa: TRY004 - what IAM refuses is one kind of error
    try:
        return json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"it is not JSON ({error})") from None


def _document(document: Any) -> Document:
    fields = {name.capitalize(): value for name, value in _fields(document, "the policy").items()}
    return {**fields, "Statement": read_statements(fields.get("Statement"))}


def _statement(value: Any) -> Statement:
    statement = {_ELEMENTS.get(name.lower(), name): item for name, item in _fields(value, "a statement").items()}
    if statement.get("Effect") not in ("Allow", "Deny"):
        raise ValueError(f"the Effect of a statement is {statement.get('Effect')!r}")
    if "Action" not in statement and "NotAction" not in statement:
        raise ValueError("a statement has neither Action nor NotAction")
    return {name: _element(name, item) for name, item in statement.items()}


def _element(name: str, value: Any) -> Any:
    if name in _LISTS:
        return _texts(value, name)
    if name in _PRINCIPALS and not isinstance(value, str):
        return {kind: _texts(names, name) for kind, names in _fields(value, name).items()}
    if name == "Condition":
        return {
            operator: {key: _texts(values, key) for key, values in _fields(keys, operator).items()}
            for operator, keys in _fields(value, name).items()
        }
    return value if name not in _ELEMENTS.values() or isinstance(value, str) else _text(value, name)


def _texts(value: Any, name: str) -> str | list[str]:
    """One value, or a list of values; `null` is a list without values."""
    if value is None:
        return []
    if isinstance(value, list):
        return [_text(item, name) for item in value]
    return _text(value, name)


def _text(value: Any, name: str) -> str:
    """A value as IAM compares it: an unquoted `false` is "false"."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return value
    raise ValueError(f"{name} holds {json.dumps(value)[:80]}")


def _fields(value: Any, name: str) -> Mapping[str, Any]:
    """An object's fields; `null` has none."""
    if value is None:
        return {}
    if isinstance(value, Mapping):
        return value
    raise ValueError(f"{name} is {json.dumps(value)[:80]}, not an object")
