"""Finds keys in the files of a run that has ended: where a key was listed, its outcome, and the first failed keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from lambdas.shared.batch_record import BatchRecord
from lambdas.summarize_run.checked_record import checked_record
from lambdas.summarize_run.ledger import Status
from mapspan.results.finished_run import FinishedRun
from mapspan.results.keys.key_outcome import Child, KeyOutcome, names_key, outcome_of, outcomes_of_child
from mapspan.results.keys.matching_records import BucketReader, token_of
from mapspan.results.run_results import ResultFiles

_UNSUCCESSFUL: tuple[Status, ...] = ("FAILED", "PENDING")


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
                if _is(item, key):
                    return ListedAt(part=part, line=number, written=written, item=item)
        return None

    def outcome(self, key: str) -> KeyOutcome | None:
        """What is recorded of this key; None if nothing is.

        Children that did not succeed are few, and each record has a whole batch, so they come first; then the records
        of batches, which name the keys to retry; then the results of all batches.
        """
        token = token_of(key)
        for status in _UNSUCCESSFUL:
            for record in self._records(status, token):
                if names_key(record, key):
                    outcomes = list(outcomes_of_child(record, status))
                    return next((outcome for outcome in outcomes if outcome.key == key), outcomes[0])
        named = (batch for batch in self._batches(token) if any(_is(line, key) for line in batch["Retry"] or ()))
        return self._outcome_in(named, key) or self._outcome_in(self._batches(), key)

    def failed(self) -> Iterator[KeyOutcome]:
        """The failed keys: those of batches that failed as a whole first."""
        for record in self._records("FAILED"):
            yield from outcomes_of_child(record, "FAILED")
        batches = (batch for batch in self._batches() if batch["Failed"])
        for batch, record in self._reader.matching_outcomes(batches, b'"Failed"'):
            outcome = self._of(record, batch)
            if outcome.outcome == "failed":
                yield outcome

    def _outcome_in(self, batches: Iterator[BatchRecord], key: str) -> KeyOutcome | None:
        for batch, record in self._reader.matching_outcomes(batches, token_of(key)):
            if _is(record, key):
                return self._of(record, batch)
        return None

    def _of(self, record: dict[str, Any], batch: BatchRecord) -> KeyOutcome:
        child = Child.of_batch(batch, arn=self._run.child_arn(batch["Child"]))
        return replace(outcome_of(record), child=child)

    def _batches(self, token: bytes = b"") -> Iterator[BatchRecord]:
        """The batches of the children that succeeded; with a token, those whose records contain it."""
        return (checked_record(record) for record in self._records("SUCCEEDED", token))

    def _records(self, status: Status, token: bytes = b"") -> Iterator[dict[str, Any]]:
        for of, file in self._named:
            if of == status:
                yield from (record for _, record in self._reader.matching_records(file, token))

    def _parts(self) -> Iterator[tuple[str, datetime]]:
        if self._run.key_list is None:
            return
        pages = self._reader.client.get_paginator("list_objects_v2").paginate(
            Bucket=self._reader.bucket, Prefix=self._run.key_list, ExpectedBucketOwner=self._reader.owner
        )
        for page in pages:
            yield from ((entry["Key"], entry["LastModified"]) for entry in page.get("Contents", []))


def _is(line: Mapping[str, Any], key: str) -> bool:
    """Whether a line is about this key, as the bucket or as an inventory spells it."""
    return key in (line.get("Key"), line.get("InventoryKey"))
