"""The file of a table: its format by its name, and a file that is whole or absent."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from mapspan.checkout import CommandError
from mapspan.results.csv_table import CsvTable
from mapspan.results.jsonl_table import JsonlTable
from mapspan.results.key_rows import KeyRow
from mapspan.results.result_columns import ResultColumn

FORMATS = (".csv", ".jsonl", ".parquet")


class Table(Protocol):
    """Writes rows to a file."""

    def add(self, row: KeyRow) -> None: ...

    def close(self) -> None: ...


def check_table_file(path: Path) -> None:
    """Refuse a file that can't become a table, before anything is read.

    Raises:
        CommandError: its format is unknown or not installed, it exists, or its directory doesn't.
    """
    if path.suffix not in FORMATS:
        raise CommandError(f"--to: {path} must end with {', '.join(FORMATS[:-1])} or {FORMATS[-1]}: that is its format")
    if path.suffix == ".parquet" and importlib.util.find_spec("pyarrow") is None:
        raise CommandError(
            "--to: Parquet needs pyarrow, which is not installed: install the extra parquet in the checkout, with"
            " `pip install --editable '.[parquet]'`, or write .csv or .jsonl"
        )
    _refuse_existing(path)
    if not path.parent.is_dir():
        raise CommandError(f"--to: {path.parent} is not a directory: create it first")


@contextlib.contextmanager
def new_table_file(path: Path) -> Iterator[BinaryIO]:
    """A file beside `path` that gets its name at the end. If anything fails before, neither of the two is left.

    Raises:
        CommandError: it can't be written, or `path` exists by the end.
    """
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
    try:
        with partial.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        _refuse_existing(path)
        partial.rename(path)
    except OSError as error:
        raise CommandError(f"--to: {path} can't be written: {error.strerror or error}") from error
    finally:
        partial.unlink(missing_ok=True)


def open_table(path: Path, file: BinaryIO, columns: list[ResultColumn]) -> Table:
    """The table in the format that the name of `path` says."""
    match path.suffix:
        case ".csv":
            return CsvTable(file, columns)
        case ".jsonl":
            return JsonlTable(file)
        case _:
            module: Any = importlib.import_module("mapspan.results.parquet_table")  # needs pyarrow, an extra
            table: Table = module.ParquetTable(file, columns)
            return table


def _refuse_existing(path: Path) -> None:
    if path.exists() or path.is_symlink():
        raise CommandError(f"--to: {path} exists: name another file, or remove it first")
