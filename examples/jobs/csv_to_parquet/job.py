"""Writes each CSV object as a Parquet file to the output. Memory stays flat, however large the object is."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, BinaryIO

import pyarrow as pa  # type: ignore[import-untyped] # pyarrow comes without types
import pyarrow.parquet as pq  # type: ignore[import-untyped] # the same
from pyarrow import csv

from lambdas.job import Skip, SourceObject

if TYPE_CHECKING:
    from collections.abc import Iterator

# The bytes of a row group in memory. With pyarrow's blocks of 1 MiB, an object takes at most about 160 MB.
ROW_GROUP_BYTES = 32 * 1024 * 1024


def process(obj: SourceObject) -> dict[str, int]:
    """`<key>.parquet` in the output. The result: the rows, and the bytes of the CSV and of the Parquet file."""
    if not obj.key.lower().endswith(".csv"):
        raise Skip("not a .csv")
    file = obj.open()
    if not file.peek(1):
        raise Skip("empty")
    reader = _typed_reader(obj, file)
    rows = 0
    # The ending is kept: a.csv and a.CSV are two objects.
    with obj.output.open(f"{obj.key}.parquet", content_type="application/vnd.apache.parquet") as parquet:
        with pq.ParquetWriter(parquet, reader.schema, compression="zstd") as writer:
            for row_group in _row_groups(reader):
                writer.write_table(row_group)
                rows += row_group.num_rows
        return {"rows": rows, "bytes_in": obj.size, "bytes_out": parquet.tell()}


def _typed_reader(obj: SourceObject, file: BinaryIO) -> Any:  # pyarrow comes without types
    """A reader of the rows of `file`, the object, in blocks. pyarrow takes the types from the first block.

    A column without a value in the first block is read as text: else its first value further on would be an error.
    """
    types = _column_types(os.environ.get("COLUMN_TYPES", ""))
    reader = _reader(file, types)
    undecided = [field.name for field in reader.schema if pa.types.is_null(field.type)]
    return _reader(obj.open(), types | dict.fromkeys(undecided, pa.string())) if undecided else reader


def _reader(file: BinaryIO, types: dict[str, Any]) -> Any:
    return csv.open_csv(
        file,
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(column_types=types),
    )


def _row_groups(reader: Any) -> Iterator[Any]:
    """The blocks, put together to tables of 32 MiB: small row groups make a Parquet file larger and slower to read."""
    blocks: list[Any] = []
    for block in reader:
        blocks.append(block)
        if sum(held.nbytes for held in blocks) >= ROW_GROUP_BYTES:
            yield pa.Table.from_batches(blocks)
            blocks = []
    if blocks:
        yield pa.Table.from_batches(blocks)


def _column_types(text: str) -> dict[str, Any]:
    """The types of `zip=string,paid_at=timestamp[s]`, with the names of `pyarrow.type_for_alias`."""
    named = (column.rpartition("=") for column in text.split(",") if column)
    return {name.strip(): pa.type_for_alias(type_.strip()) for name, _, type_ in named}
