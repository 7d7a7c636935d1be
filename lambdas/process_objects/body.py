"""The body of an object, as the processor reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from botocore.response import StreamingBody

CHUNK_BYTES = 256 * 1024


class OutOfTime(Exception):  # noqa: N818 # the outcome's name
    """The function's deadline is too near to read on."""


class ObjectBody:
    """Reads an object in chunks. It remembers a failed read, so that a processor can't hide one by catching it."""

    def __init__(self, stream: StreamingBody, *, out_of_time: Callable[[], bool]) -> None:
        self._stream = stream
        self._out_of_time = out_of_time
        self.failure: BotoCoreError | OSError | OutOfTime | None = None

    def read(self, size: int | None = None) -> bytes:
        """Up to `size` bytes, b"" at the end. Without a size: everything that is left, however much memory it takes."""
        if self._out_of_time():
            self.failure = OutOfTime("the function's deadline was near while the object was being read")
            raise self.failure
        try:
            return self._stream.read(size)
        except (BotoCoreError, OSError) as failure:
            self.failure = failure
            raise

    def __iter__(self) -> Iterator[bytes]:
        """Chunks of at most 256 KiB."""
        while chunk := self.read(CHUNK_BYTES):
            yield chunk
