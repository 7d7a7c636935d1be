"""Counts the last outcome of each key over several runs, each key once, in flat memory."""

from __future__ import annotations

import contextlib
import json
import tempfile
import zlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from mapspan.results.key_difference import KEYS_IN_MEMORY
from mapspan.results.key_rows import rows_of
from mapspan.results.run_results import ResultFiles

_MAX_PARTITIONS = 400  # each is an open file
_DONE = ("succeeded", "skipped")


@dataclass(frozen=True, kw_only=True)
class RunOutcomes:
    """The outcomes of one run, as pairs of a key and its outcome.

    Args:
        ancestors: the positions of the runs before it whose retry it is, directly or through others.
    """

    outcomes: Iterable[tuple[str, str]]
    ancestors: Collection[int] = ()


def key_outcomes(files: ResultFiles, listed: int) -> Iterator[tuple[str, str]]:
    """Each key of a run with its outcome. `listed`: how many keys the run has."""
    recorded = 0
    for one in files.records():
        for row in rows_of(one.record, one.status, one.batch):
            recorded += 1
            yield row.key, row.outcome
    if recorded < listed:
        for key in files.unrecorded_keys(listed):
            yield key, "pending"


def last_outcomes(runs: Sequence[RunOutcomes], *, count: int) -> Counter[str]:
    """How many keys have each outcome in the last run that has them. `runs`: in the order of their starts.

    A key that a run has done stays done in that run's own retries. They retry only keys that were not done, so the run
    was redriven later. `count` is about how many outcomes there are.
    """
    totals: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="mapspan-") as directory:
        for path in _partition(runs, Path(directory), min(_MAX_PARTITIONS, 1 + count // KEYS_IN_MEMORY)):
            last: dict[bytes, tuple[int, str]] = {}
            with path.open("rb") as lines:
                for line in lines:
                    number, outcome, key = line.split(b" ", 2)
                    position = int(number)
                    before = last.get(key)
                    if before is None or before[1] not in _DONE or before[0] not in runs[position].ancestors:
                        last[key] = position, outcome.decode()
            totals.update(outcome for _, outcome in last.values())
    return totals


def _partition(runs: Sequence[RunOutcomes], directory: Path, partitions: int) -> list[Path]:
    """Write the outcomes as lines, in order. Equal keys get the same file."""
    paths = [directory / str(number) for number in range(partitions)]
    with contextlib.ExitStack() as stack:
        files: list[BinaryIO] = [stack.enter_context(path.open("wb")) for path in paths]
        for position, run in enumerate(runs):
            for key, outcome in run.outcomes:
                line = json.dumps(key).encode("ascii")
                files[zlib.crc32(line) % partitions].write(b"%d %s %s\n" % (position, outcome.encode(), line))
    return paths
