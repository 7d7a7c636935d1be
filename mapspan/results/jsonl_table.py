"""The table as JSON Lines: one object for each key, with the job's result as it is."""

from __future__ import annotations

import json
from typing import BinaryIO

from mapspan.results.key_rows import KeyRow


class JsonlTable:
    """Writes rows as lines of plain ASCII. Every line has every field, so that a reader finds them in the first one."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def add(self, row: KeyRow) -> None:
        self._file.write(json.dumps(row._asdict()).encode("ascii") + b"\n")

    def close(self) -> None:
        """Nothing is left to write."""
