"""The bytes of an object in order, as a raw binary stream."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, FlexibleChecksumError
from urllib3.exceptions import HTTPError

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from typing_extensions import Buffer

    from .reads import Reads

# How many requests in a row may break off before their first byte. (botocore retries those that get no answer.)
TRIES = 3
# Each read returns at most this much, so a broken connection repeats at most this much.
PIECE_BYTES = 8 * 1024 * 1024


class ObjectStream(io.RawIOBase):
    """The bytes from `start` until before `stop`; the last ones if `start` is negative.

    The first read makes the first request. A read that breaks off continues where it broke off, by another request.
    """

    def __init__(self, reads: Reads, start: int = 0, stop: int | None = None) -> None:
        super().__init__()
        self._reads = reads
        if start < 0 and reads.size is not None:
            start = max(0, reads.size + start)
        self._first = start
        self._position = start
        self._stop = stop
        self._body: StreamingBody | None = None
        self._ended = stop is not None and start >= stop
        self._in_vain = 0

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position - self._first

    def readinto(self, buffer: Buffer, /) -> int:
        view = memoryview(buffer).cast("B")
        chunk = self._next(len(view))
        view[: len(chunk)] = chunk
        return len(chunk)

    def readall(self) -> bytes:
        pieces = []
        while piece := self._next(PIECE_BYTES):
            pieces.append(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def close(self) -> None:
        self._disconnect()
        super().close()

    def _next(self, size: int) -> bytes:
        """At most `size` bytes, b"" at the end."""
        while not self._ended:
            self._reads.attempt.check_time("the object was being read")
            body = self._body or self._connect()
            if body is None:
                break
            try:
                chunk = body.read(size)
            except FlexibleChecksumError as error:
                # All bytes were read, and they are not the object's: nothing is left to continue.
                raise self._reads.failed(error) from error
            except (BotoCoreError, HTTPError, OSError) as error:
                self._disconnect()
                self._in_vain += 1
                if self._in_vain == TRIES:
                    raise self._reads.failed(error) from error
                continue
            # A break after this one is the first again.
            self._in_vain = -1
            self._position += len(chunk)
            self._ended = not chunk and size > 0
            return chunk
        return b""

    def _connect(self) -> StreamingBody | None:
        """The body from the position on; None if nothing is left."""
        answer = self._reads.get(self._range())
        if answer is None:
            self._ended = True
            return None
        if self._position < 0:
            # "bytes 900-999/1000"
            start = answer["ContentRange"].removeprefix("bytes ").partition("-")[0]
            self._first = self._position = int(start)
        self._body = answer["Body"]
        return self._body

    def _range(self) -> str | None:
        if self._position < 0:
            return f"bytes={self._position}"
        if self._stop is not None:
            return f"bytes={self._position}-{self._stop - 1}"
        return f"bytes={self._position}-" if self._position else None

    def _disconnect(self) -> None:
        if self._body is not None:
            self._body.close()
            self._body = None
