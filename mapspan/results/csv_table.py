"""The table as CSV: RFC 4180, UTF-8, every text in quotes, and no text that a spreadsheet would run as a formula."""

from __future__ import annotations

import json
import re
from typing import Any, BinaryIO

from mapspan.results.key_rows import COLUMNS, KeyRow
from mapspan.results.result_columns import ResultColumn, values_of

# A text that a spreadsheet may take for a formula: https://owasp.org/www-community/attacks/CSV_Injection
# Apostrophes before it count too, so that removing one apostrophe always gives the text back.
_FORMULA = re.compile("'*[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")


class CsvTable:
    """Writes rows as CSV. A missing value is empty without quotes, an empty text is `""`."""

    def __init__(self, file: BinaryIO, columns: list[ResultColumn]) -> None:
        self._file = file
        self._columns = columns
        self._write([*COLUMNS, *(column.name for column in columns)])

    def add(self, row: KeyRow) -> None:
        # The fields before and after `result`, in the order of COLUMNS.
        self._write([*row[:2], *row[3:], *values_of(row.result, self._columns)])

    def close(self) -> None:
        """Nothing is left to write."""

    def _write(self, values: list[Any]) -> None:
        self._file.write((",".join(_cell(value) for value in values) + "\r\n").encode())


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        return json.dumps(value)
    # The quotes also keep a spreadsheet that splits at semicolons from starting a cell inside of a text.
    text = f"'{value}" if _FORMULA.match(value) else value
    return '"' + text.replace('"', '""') + '"'
