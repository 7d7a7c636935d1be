"""Finds keys in the files of a run that has ended: where a key was listed, its outcome, and the first failed keys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lambdas.summarize_run.ledger import Status
from mapspan.results.finished_run import FinishedRun
from mapspan.results.keys.key_outcome import KeyOutcome, names_key, outcomes_of
from mapspan.results.keys.matching_records import BucketReader, token_of
from mapspan.results.run_results import ResultFiles

# Few records, each with many keys, come first.
_ORDER: tuple[Status, ...] = ("FAILED", "PENDING", "SUCCEEDED")


@dataclass(frozen=True, kw_only=True)
class ListedAt:
    """Where the key list has a key. `written`: when that part was written. `item`: the line, as the batch got it."""

    part: str
    line: int
    written: datetime
    item: dict[str, Any]


class KeySearch:
    """The key list and the result files of one run, read in flat memory and only as far as needed.

    `written`: whether every Map Run wrote its results.
    """

    def __init__(self, run: FinishedRun, files: ResultFiles, reader: BucketReader) -> None:
        self._run = run
        self._reader = reader
        self._named = files.named
        self.written = files.complete

    def listed_at(self, key: str) -> ListedAt | None:
        """The first line of the key list with this key; None if none has it, or if the run has no key list."""
        token = token_of(key)
        for part, written in self._parts():
            for number, item in self._reader.matching_records(part, token):
                if key in (item.get("Key"), item.get("InventoryKey")):
                    return ListedAt(part=part, line=number, written=written, item=item)
        return None

    def outcome(self, key: str) -> KeyOutcome | None:
        """What the result files have of this key; None if they don't name it."""
        for record, status in self._records(token_of(key)):
            if names_key(record, status, key):
                outcomes = list(outcomes_of(record, status))
                return next((outcome for outcome in outcomes if outcome.key == key), outcomes[0])
        return None

    def failed(self) -> Iterator[KeyOutcome]:
        """The failed keys: those of batches that failed as a whole first."""
        for status, token in (("FAILED", b""), ("SUCCEEDED", b'"Failed"')):
            for record, of in self._records(token, only=status):
                yield from (outcome for outcome in outcomes_of(record, of) if outcome.outcome == "failed")

    def _records(self, token: bytes, *, only: str | None = None) -> Iterator[tuple[dict[str, Any], Status]]:
        for status in _ORDER:
            for of, file in self._named:
                if of == status and only in (None, status):
                    yield from ((record, status) for _, record in self._reader.matching_records(file, token))

    def _parts(self) -> Iterator[tuple[str, datetime]]:
        if self._run.key_list is None:
            return
        pages = self._reader.client.get_paginator("list_objects_v2").paginate(
            Bucket=self._reader.bucket, Prefix=self._run.key_list, ExpectedBucketOwner=self._reader.owner
        )
        for page in pages:
            yield from ((entry["Key"], entry["LastModified"]) for entry in page.get("Contents", []))
