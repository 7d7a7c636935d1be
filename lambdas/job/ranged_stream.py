"""An object as a raw binary stream that seeks: it reads ranges, and ahead."""

from __future__ import annotations

import errno
import io
from typing import TYPE_CHECKING

from .stream import ObjectStream

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from .reads import Reads

# The buffer of the BufferedReader around a stream.
BUFFER_BYTES = 64 * 1024
# What a request reads at least. It holds most Parquet footers and zip directories.
READ_AHEAD_BYTES = 256 * 1024
# Each request that continues the last one reads twice as much, up to this.
_MOST_AHEAD_BYTES = 2 * 1024 * 1024


class RangedStream(io.RawIOBase):
    """Holds one window of the object. A read outside it requests the window there."""

    def __init__(self, reads: Reads) -> None:
        super().__init__()
        self._reads = reads
        self._position = 0
        self._window = b""
        self._start = 0
        self._ahead = READ_AHEAD_BYTES

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._position}.get(whence)
        position = (self._size() if origin is None else origin) + offset
        if position < 0:
            # As a file does, which zipfile counts on.
            raise OSError(errno.EINVAL, f"negative seek position {position}")
        self._position = position
        return position

    def readinto(self, buffer: Buffer, /) -> int:
        view = memoryview(buffer).cast("B")
        if self._reads.size is not None and self._position >= self._reads.size:
            return 0
        if not self._start <= self._position < self._start + len(self._window):
            self._request(self._position, len(view))
        offset = self._position - self._start
        chunk = self._window[offset : offset + len(view)] if offset >= 0 else b""
        view[: len(chunk)] = chunk
        self._position += len(chunk)
        return len(chunk)

    def readall(self) -> bytes:
        pieces = []
        while piece := self.read(max(READ_AHEAD_BYTES, self._size() - self._position)):
            pieces.append(piece)
        return b"".join(pieces)

    def _size(self) -> int:
        """Known from the listing or an answer, else from a request for the last bytes, which an index needs anyway."""
        if self._reads.size is None:
            self._window = ObjectStream(self._reads, -READ_AHEAD_BYTES).readall()
            # Without an answer, S3 found no last byte: the object is empty.
            self._reads.size = self._reads.size or 0
            self._start = self._reads.size - len(self._window)
        return self._reads.size

    def _request(self, position: int, length: int) -> None:
        continues = bool(self._window) and position == self._start + len(self._window)
        self._ahead = min(2 * self._ahead, _MOST_AHEAD_BYTES) if continues else READ_AHEAD_BYTES
        # A BufferedReader asks for the whole buffers of a large read first, and then for one more.
        stop = position + max(length + BUFFER_BYTES, self._ahead)
        if (size := self._reads.size) is not None and stop >= size:
            # Files with an index are read backwards from the end, in small steps.
            stop, position = size, max(0, min(position, size - self._ahead))
        self._start = position
        self._window = ObjectStream(self._reads, position, stop).readall()
