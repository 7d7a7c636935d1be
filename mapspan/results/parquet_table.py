"""The table as Parquet. Import this only if pyarrow is installed: it is the extra `parquet`."""

from __future__ import annotations

from typing import Any, BinaryIO

import pyarrow as pa  # type: ignore[import-untyped] # pyarrow comes without types
import pyarrow.parquet as pq  # type: ignore[import-untyped] # the same

from mapspan.results.key_rows import COLUMNS, KeyRow
from mapspan.results.result_columns import ResultColumn, values_of

# A row group is held in memory until it is written: at most this many rows, and about this much text.
GROUP_ROWS = 4_096
GROUP_CHARACTERS = 4 * 1024 * 1024
_TYPES = {
    "boolean": pa.bool_(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "text": pa.string(),
    "json": pa.string(),
}


class ParquetTable:
    """Writes rows in row groups."""

    def __init__(self, file: BinaryIO, columns: list[ResultColumn]) -> None:
        self._columns = columns
        fields = [(name, pa.string()) for name in COLUMNS]
        self._schema = pa.schema([*fields, *((column.name, _TYPES[column.kind]) for column in columns)])
        self._writer = pq.ParquetWriter(file, self._schema)
        self._rows: list[list[Any]] = []
        self._characters = 0

    def add(self, row: KeyRow) -> None:
        # The fields before and after `result`, in the order of COLUMNS.
        values = [*row[:2], *row[3:], *values_of(row.result, self._columns)]
        self._rows.append(values)
        self._characters += sum(len(value) for value in values if isinstance(value, str))
        if len(self._rows) >= GROUP_ROWS or self._characters >= GROUP_CHARACTERS:
            self._flush()

    def close(self) -> None:
        """Write the last rows and the footer."""
        try:
            self._flush()
            self._writer.close()
        finally:
            self._writer.is_open = False  # else pyarrow tries it again, and prints that error, when it is deleted

    def _flush(self) -> None:
        if not self._rows:
            return
        arrays = [
            pa.array(values, type=field.type)
            for values, field in zip(zip(*self._rows, strict=True), self._schema, strict=True)
        ]
        self._writer.write_batch(pa.record_batch(arrays, schema=self._schema))
        self._rows, self._characters = [], 0
