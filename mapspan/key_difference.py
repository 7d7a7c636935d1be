"""The keys of one stream that another hasn't, however many there are."""

from __future__ import annotations

import contextlib
import json
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

# Of a hundred million keys some 400,000 are in memory at once; each partition is two open files at most.
PARTITIONS = 256


def missing(listed: Iterable[str], recorded: Iterable[str]) -> Iterator[str]:
    """Each of the `listed` keys that is not `recorded`, in no particular order; memory stays flat, disk doesn't."""
    with tempfile.TemporaryDirectory(prefix="mapspan-") as directory:
        there = _partitions(recorded, Path(directory), "recorded")
        wanted = _partitions(listed, Path(directory), "listed")
        for known, asked in zip(there, wanted, strict=True):
            with known.open("rb") as lines:
                seen = set(lines)
            with asked.open("rb") as lines:
                yield from (json.loads(line) for line in lines if line not in seen)


def _partitions(keys: Iterable[str], directory: Path, name: str) -> list[Path]:
    """The keys as lines of JSON, in ASCII, so that no key can look like two; a key's partition follows from it."""
    paths = [directory / f"{name}-{number}" for number in range(PARTITIONS)]
    with contextlib.ExitStack() as stack:
        files: list[BinaryIO] = [stack.enter_context(path.open("wb")) for path in paths]
        for key in keys:
            line = json.dumps(key).encode("ascii")
            files[zlib.crc32(line) % PARTITIONS].write(line + b"\n")
    return paths
