"""The keys of one stream that another hasn't, however many there are."""

from __future__ import annotations

import contextlib
import json
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

KEYS_AT_ONCE = 250_000  # in memory
_MOST_PARTITIONS = 400  # each an open file: enough for the hundred million keys a Map Run takes


def missing(listed: Iterable[str], recorded: Iterable[str], *, count: int) -> Iterator[str]:
    """Each of the `listed` keys (some `count` of them) that is not `recorded`, in no particular order.

    Memory stays flat; both streams lie on disk meanwhile.
    """
    partitions = min(_MOST_PARTITIONS, 1 + count // KEYS_AT_ONCE)
    with tempfile.TemporaryDirectory(prefix="mapspan-") as directory:
        there = _partitioned(recorded, Path(directory, "recorded"), partitions)
        wanted = _partitioned(listed, Path(directory, "listed"), partitions)
        for known, asked in zip(there, wanted, strict=True):
            with known.open("rb") as lines:
                seen = set(lines)
            with asked.open("rb") as lines:
                yield from (json.loads(line) for line in lines if line not in seen)


def _partitioned(keys: Iterable[str], directory: Path, partitions: int) -> list[Path]:
    """The keys as lines of JSON, in ASCII, so that no key can look like two; a key's partition follows from it."""
    directory.mkdir()
    paths = [directory / str(number) for number in range(partitions)]
    with contextlib.ExitStack() as stack:
        files: list[BinaryIO] = [stack.enter_context(path.open("wb")) for path in paths]
        for key in keys:
            line = json.dumps(key).encode("ascii")
            files[zlib.crc32(line) % partitions].write(line + b"\n")
    return paths
