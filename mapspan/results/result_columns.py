"""The columns of a table that come from the results of a job: `result.<field>`, each with one type."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from mapspan.results.key_rows import encodable

# A job whose results have their data as names, such as {"2026-11-01": 3}, would otherwise fill the memory with columns.
MAX_COLUMNS = 200
LONGEST_NAME = 128
# The column of the fields that have none of their own, as one JSON object. No field's column can have its name.
REST = "result"
_LARGEST_INTEGER = 2**63 - 1
_LARGEST_EXACT = 2**53  # every integer up to it is also a float

# "json": the values are no numbers, no texts and no booleans, or more than one of them.
Kind = Literal["boolean", "integer", "number", "text", "json"]


class ResultColumn(NamedTuple):
    """`field`: the field of the results; None for the column of the rest."""

    name: str
    field: str | None
    kind: Kind


class ResultColumns:
    """Finds the columns: add every result once, then read the results again for the values."""

    def __init__(self) -> None:
        self._kinds: dict[str, set[str]] = {}
        self._has_rest = False

    def add(self, result: Mapping[str, Any]) -> None:
        for field, value in result.items():
            kinds = self._kinds.get(field)
            if kinds is None:
                if len(self._kinds) >= MAX_COLUMNS or len(field) > LONGEST_NAME:
                    self._has_rest = True
                    continue
                kinds = self._kinds[field] = set()
            if value is not None:
                kinds.add(_kind(value))

    def columns(self) -> list[ResultColumn]:
        """The columns by their first appearance; at the end the rest, if there is one."""
        own = [
            ResultColumn(f"result.{encodable(field)}", field, _common(kinds)) for field, kinds in self._kinds.items()
        ]
        return [*own, ResultColumn(REST, None, "json")] if self._has_rest else own


def values_of(result: Mapping[str, Any] | None, columns: list[ResultColumn]) -> list[Any]:
    """The result's value in each column; None if it has none."""
    if not result:
        return [None] * len(columns)
    return [
        _rest(result, columns) if column.field is None else _value(result.get(column.field), column.kind)
        for column in columns
    ]


def _rest(result: Mapping[str, Any], columns: list[ResultColumn]) -> str | None:
    own = {column.field for column in columns}
    rest = {field: value for field, value in result.items() if field not in own}
    return _json(rest) if rest else None


def _value(value: Any, kind: Kind) -> Any:
    if value is None:
        return None
    match kind:
        case "text":
            return encodable(value)
        case "json":
            return _json(value)
        case "number":
            return float(value)
        case _:
            return value


def _json(value: Any) -> str:
    return encodable(json.dumps(value, ensure_ascii=False))


def _kind(value: Any) -> str:
    match value:
        case bool():
            return "boolean"
        case int():
            size = abs(value)
            return "exact" if size <= _LARGEST_EXACT else "integer" if size <= _LARGEST_INTEGER else "json"
        case float():
            return "number"
        case str():
            return "text"
        case _:
            return "json"


def _common(kinds: set[str]) -> Kind:
    """The kind that holds all values without a loss. `exact` is an integer that is also a float."""
    if not kinds or kinds == {"text"}:
        return "text"
    if kinds == {"boolean"}:
        return "boolean"
    if kinds <= {"exact", "integer"}:
        return "integer"
    if kinds <= {"exact", "number"}:
        return "number"
    return "json"
