"""The inputs and outputs of children, on disk. In memory a Map Run keeps only their positions."""

import json
import tempfile
import threading
from pathlib import Path
from typing import Any, NamedTuple

from local_cloud.step_functions import payload


class Span(NamedTuple):
    """A position in a Spool, in bytes."""

    offset: int
    length: int


class Spool:
    """An append-only file of JSON texts. It is deleted with the object."""

    def __init__(self, directory: Path) -> None:
        self._file = tempfile.TemporaryFile(dir=directory)  # noqa: SIM115 - open as long as the Map Run exists
        self._end = 0
        self._lock = threading.Lock()

    def add(self, value: Any) -> Span:
        data = payload.text(value).encode("utf-8", "surrogatepass")
        with self._lock:
            self._file.seek(self._end)
            self._file.write(data)
            span = Span(self._end, len(data))
            self._end += len(data)
        return span

    def text(self, span: Span) -> str:
        with self._lock:
            self._file.seek(span.offset)
            data = self._file.read(span.length)
        return data.decode("utf-8", "surrogatepass")

    def value(self, span: Span) -> Any:
        return json.loads(self.text(span))
