"""Placeholders for the values that can't be read from a plan: unknown until the apply, sensitive, or malformed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any


@dataclass(frozen=True)
class Unknown:
    """A value that is known after the apply, and never guessed."""

    def __str__(self) -> str:
        return "(known after apply)"

    __repr__ = __str__


@dataclass(frozen=True)
class Sensitive:
    """A value that terraform marks as sensitive. It is never shown; its digest says whether it changes."""

    digest: str

    def __str__(self) -> str:
        return "(sensitive)"

    __repr__ = __str__


@dataclass(frozen=True)
class Unreadable:
    """A value that the plan shows and that can't be read as what it should be."""

    reason: str

    def __str__(self) -> str:
        return f"(can't be read: {self.reason})"

    __repr__ = __str__


UNKNOWN = Unknown()
Placeholder = Unknown | Sensitive | Unreadable


def with_placeholders(value: Any, *, unknown: Any = False, sensitive: Any = False) -> Any:
    """`value` with placeholders where the two marks say so; each mark is True, or has the shape of the value.

    https://developer.hashicorp.com/terraform/internals/json-format#change-representation
    """
    if sensitive is True:
        digest = hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
        return Sensitive(digest)
    if unknown is True:
        return UNKNOWN
    if isinstance(value, Mapping) or (value is None and isinstance(unknown, Mapping) and _has_mark(unknown)):
        return _mapping_with_placeholders(value or {}, _as_mapping(unknown), _as_mapping(sensitive))
    if isinstance(value, list):
        marks = zip_longest(_as_sequence(unknown), _as_sequence(sensitive), fillvalue=False)
        return [
            with_placeholders(item, unknown=mark[0], sensitive=mark[1])
            for item, mark in zip_longest(value, marks, fillvalue=(False, False))
        ]
    return value


def find_placeholder(value: Any) -> Placeholder | None:
    """The first placeholder in a value, at whatever depth."""
    if isinstance(value, Placeholder):
        return value
    items = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return next((placeholder for item in items if (placeholder := find_placeholder(item))), None)


def as_json(value: Any) -> Any:
    """`value` as JSON can hold it: placeholders become text."""
    if isinstance(value, Placeholder):
        return str(value)
    if isinstance(value, Mapping):
        return {str(name): as_json(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(item) for item in value]
    return value


def _mapping_with_placeholders(
    value: Mapping[str, Any], unknown: Mapping[str, Any], sensitive: Mapping[str, Any]
) -> dict[str, Any]:
    """The values of a mapping, and of the names that only the unknown mark has."""
    names = [*value, *(name for name, mark in unknown.items() if name not in value and _has_mark(mark))]
    return {
        name: with_placeholders(value.get(name), unknown=unknown.get(name, False), sensitive=sensitive.get(name, False))
        for name in names
    }


def _has_mark(mark: Any) -> bool:
    if isinstance(mark, Mapping):
        return any(_has_mark(inner) for inner in mark.values())
    if isinstance(mark, list):
        return any(_has_mark(inner) for inner in mark)
    return mark is True


def _as_mapping(mark: Any) -> Mapping[str, Any]:
    return mark if isinstance(mark, Mapping) else {}


def _as_sequence(mark: Any) -> Sequence[Any]:
    return mark if isinstance(mark, list) else ()
