"""What a plan doesn't tell, or tells and nobody may read."""

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
    """A value that terraform marks as sensitive: told apart by its digest, and never shown."""

    digest: str

    def __str__(self) -> str:
        return "(sensitive)"

    __repr__ = __str__


UNKNOWN = Unknown()
Withheld = (Unknown, Sensitive)


def marked(value: Any, *, unknown: Any = False, sensitive: Any = False) -> Any:
    """`value` with what the two marks cover replaced; each mark is True, or has the shape of the value.

    https://developer.hashicorp.com/terraform/internals/json-format#change-representation
    """
    if sensitive is True:
        digest = hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
        return Sensitive(digest)
    if unknown is True:
        return UNKNOWN
    if isinstance(value, Mapping) or (value is None and isinstance(unknown, Mapping) and _any(unknown)):
        of_unknown, of_sensitive = _mapping(unknown), _mapping(sensitive)
        there = value or {}
        return {
            name: marked(there.get(name), unknown=of_unknown.get(name, False), sensitive=of_sensitive.get(name, False))
            for name in {**there, **{name: mark for name, mark in of_unknown.items() if _any(mark)}}
        }
    if isinstance(value, list):
        marks = zip_longest(_sequence(unknown), _sequence(sensitive), fillvalue=False)
        return [
            marked(each, unknown=mark[0], sensitive=mark[1])
            for each, mark in zip_longest(value, marks, fillvalue=(False, False))
        ]
    return value


def plain(value: Any) -> Any:
    """`value` as JSON can hold it: what is withheld in words."""
    if isinstance(value, Withheld):
        return str(value)
    if isinstance(value, Mapping):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return value


def _any(mark: Any) -> bool:
    if isinstance(mark, Mapping):
        return any(_any(each) for each in mark.values())
    if isinstance(mark, list):
        return any(_any(each) for each in mark)
    return mark is True


def _mapping(mark: Any) -> Mapping[str, Any]:
    return mark if isinstance(mark, Mapping) else {}


def _sequence(mark: Any) -> Sequence[Any]:
    return mark if isinstance(mark, list) else ()
