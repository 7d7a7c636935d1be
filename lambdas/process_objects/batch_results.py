"""The results of a batch while its keys end: compressed lines, the counts, and the keys to retry."""

from __future__ import annotations

import json
import zlib
from threading import Lock
from typing import TYPE_CHECKING

from lambdas.shared.batch_record import GZIP, OUTCOMES
from lambdas.shared.name_counts import add_count, most_first
from lambdas.shared.retry_line import retry_line

from .failure_counts import FailureCounts
from .outcome import json_bytes

if TYPE_CHECKING:
    from lambdas.shared.batch_record import BatchRecord, ResultsObject
    from lambdas.shared.retry_line import RetryLine

    from .outcome import Outcome

# A task's result has at most 256 KiB, as UTF-8; the rest is for what Lambda's answer has beside the record.
# https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
MAX_RECORD_BYTES = 240 * 1024


class BatchResults:
    """Collects outcomes on any thread. Memory holds the results compressed, and the keys to retry."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._ended: set[int] = set()
        self._compress = zlib.compressobj(wbits=GZIP)
        self._chunks: list[bytes] = []
        self._counts = dict.fromkeys(OUTCOMES, 0)
        self._failures = FailureCounts()
        self._skips: dict[str, int] = {}
        self._retry: list[RetryLine] = []

    @property
    def failures(self) -> FailureCounts:
        return self._failures

    @property
    def all_failed(self) -> bool:
        """Whether there are outcomes, and all of them are failures."""
        return bool(self._ended) and self._counts["Failed"] == len(self._ended)

    def add(self, index: int, outcome: Outcome) -> bool:
        """Add the outcome of the batch's item `index`. False if it has one already, which then counts.

        A key that was not finished in time has one, and may still end later.
        """
        # ASCII, so that a line ends only where it ends, whatever characters the key and the result have.
        line = json.dumps(outcome, allow_nan=False).encode("ascii") + b"\n"
        with self._lock:
            if index in self._ended:
                return False
            self._ended.add(index)
            self._chunks.append(self._compress.compress(line))
            self._count(outcome)
        return True

    def __contains__(self, index: int) -> bool:
        return index in self._ended

    def body(self) -> bytes:
        """The results as one gzip file, in the order in which the keys ended. Call it once, after the last `add`."""
        return b"".join([*self._chunks, self._compress.flush()])

    def record(self, results: ResultsObject, *, child: str, started: str, stopped: str) -> BatchRecord:
        """The record of the batch, which fits into a task's result whatever the keys are."""
        record: BatchRecord = {
            "Keys": len(self._ended),
            "Succeeded": self._counts["Succeeded"],
            "Skipped": self._counts["Skipped"],
            "Failed": self._counts["Failed"],
            "Pending": self._counts["Pending"],
            "Failures": self._failures.by_keys(),
            "Skips": most_first(self._skips),
            "Retry": None,
            "Results": results,
            "Child": child,
            "Started": started,
            "Stopped": stopped,
        }
        if json_bytes(record) + json_bytes(self._retry) <= MAX_RECORD_BYTES:
            record["Retry"] = self._retry
        return record

    def _count(self, outcome: Outcome) -> None:
        self._counts[outcome["Outcome"]] += 1
        if outcome["Outcome"] == "Skipped":
            add_count(self._skips, outcome["Reason"], 1)
            return
        if outcome["Outcome"] == "Succeeded":
            return
        if outcome["Outcome"] == "Failed":
            self._failures.add(outcome)
        self._retry.append(retry_line(outcome))
