"""The keys of one stream that are not in another, in flat memory."""

from __future__ import annotations

import contextlib
import json
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

KEYS_IN_MEMORY = 100_000
_MAX_PARTITIONS = 400  # each is an open file; enough for the 100 million keys that a Map Run reads


def missing(listed: Iterable[str], recorded: Iterable[str], *, count: int) -> Iterator[str]:
    """The `listed` keys that are not in `recorded`, in no particular order.

    Both streams are written to disk first. `count` is about how many keys are listed.
    """
    partitions = min(_MAX_PARTITIONS, 1 + count // KEYS_IN_MEMORY)
    with tempfile.TemporaryDirectory(prefix="mapspan-") as directory:
        recorded_files = _partition(recorded, Path(directory, "recorded"), partitions)
        listed_files = _partition(listed, Path(directory, "listed"), partitions)
        for recorded_file, listed_file in zip(recorded_files, listed_files, strict=True):
            with recorded_file.open("rb") as lines:
                recorded_lines = set(lines)
            with listed_file.open("rb") as lines:
                yield from (json.loads(line) for line in lines if line not in recorded_lines)


def _partition(keys: Iterable[str], directory: Path, partitions: int) -> list[Path]:
    """Write the keys as lines of ASCII JSON, so that no key can look like two. Equal keys get the same file."""
    directory.mkdir()
    paths = [directory / str(number) for number in range(partitions)]
    with contextlib.ExitStack() as stack:
        files: list[BinaryIO] = [stack.enter_context(path.open("wb")) for path in paths]
        for key in keys:
            line = json.dumps(key).encode("ascii")
            files[zlib.crc32(line) % partitions].write(line + b"\n")
    return paths
