"""A run's results, key by key: the ledger, why keys failed or were skipped, and which keys to retry.

They are read as SummarizeRun reads them, and also if it never ran: after a Map Run that was stopped, and after one that
wrote no results. Only the files that the manifest names count: a redrive may leave older files beside them. Of
the results that batches wrote, only those count that a record in these files names: an attempt that timed out may have
left others.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from botocore.exceptions import ClientError

from lambdas.process_objects.batch_failure import read_batch_failure
from lambdas.shared.batch_record import BatchRecord
from lambdas.shared.name_counts import most_first
from lambdas.shared.retry_line import RetryLine
from lambdas.summarize_run.batch_results import outcomes_in, read_retry
from lambdas.summarize_run.checked_record import checked_record
from lambdas.summarize_run.ledger import (
    Ledger,
    Status,
    Tally,
    empty_ledger,
    error_of_child,
    keys_of_child,
    recorded_keys,
)
from lambdas.summarize_run.records import read_chunks, read_records
from lambdas.summarize_run.retry_list import list_keys
from mapspan.results.batch_objects import batch_objects
from mapspan.results.failed_keys import FailedKey, failed_keys
from mapspan.results.failure_causes import FailureCauses
from mapspan.results.finished_run import FinishedRun
from mapspan.results.key_difference import missing
from mapspan.running.child_failures import error_message

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_STATUSES: tuple[Status, ...] = ("SUCCEEDED", "FAILED", "PENDING")


@dataclass(kw_only=True)
class RunResults:
    """The results of a run.

    Args:
        failures: the number of failed keys by error name.
        skips: the number of skipped keys by reason, the most frequent first.
        unrecorded: the number of listed keys that are in no result file; they count as pending.
        nameless: the number of unrecorded keys that are in no key list either.
        unread: the number of listed keys that the Map Run had not read when it ended; they are unrecorded too. None if
            it is unknown, because only the Map Run knew its keys and it did not succeed.
        written: whether every Map Run wrote its results. Without them, nobody knows which of its keys succeeded.
        sizes: the number of objects by size, if the job's results have a `size`: `sizes[n]` have n binary digits.
        size_bytes: the total size of those objects.
    """

    ledger: Ledger
    failures: dict[str, int]
    skips: dict[str, int]
    causes: FailureCauses
    unrecorded: int = 0
    nameless: int = 0
    unread: int | None = 0
    written: bool = False
    sizes: Counter[int] = field(default_factory=Counter)
    size_bytes: int = 0

    @property
    def adds_up(self) -> bool:
        return self.ledger["listed"] == recorded_keys(self.ledger)

    @property
    def to_retry(self) -> int:
        return self.ledger["failed"] + self.ledger["pending"]


class Recorded(NamedTuple):
    """What is recorded of one key, or of the keys of a child that did not succeed.

    Args:
        record: the outcome of a key, or the child execution with its whole batch.
        status: SUCCEEDED for the outcome of a key.
        batch: the record of that key's batch; None for a child that did not succeed.
    """

    record: dict[str, Any]
    status: Status
    batch: BatchRecord | None = None


class ResultFiles:
    """The files of one run in the runs bucket, which the account `owner` owns."""

    def __init__(self, client: S3Client, run: FinishedRun, *, bucket: str, owner: str) -> None:
        self._client = client
        self._run = run
        self._bucket = bucket
        self._owner = owner

    def read(
        self,
        retry: Callable[[RetryLine], None] = lambda _: None,
        observe: Callable[[Recorded, Ledger], None] = lambda *_: None,
    ) -> RunResults:
        """Read everything, in flat memory. `retry` is called once with each key that failed or was never tried.

        `observe` is called with what is recorded of each key, and the ledger so far.

        Raises BrokenRecord, UnknownRecord and S3's errors: a ledger that can't be read is not an empty ledger.
        """

        def look(results: RunResults, recorded: Recorded) -> None:
            _add_causes_and_sizes(results, recorded)
            observe(recorded, results.ledger)

        return self._add_up(retry, look)

    def add_up(self, retry: Callable[[RetryLine], None] = lambda _: None) -> RunResults:
        """As `read`, but without causes and sizes: it reads no results of a batch if its record has all that counts."""
        return self._add_up(retry, None)

    def records(self, *, left: bool = False) -> Iterator[Recorded]:
        """Read everything again, in flat memory. `left`: leave out batches of which no key failed or is pending."""
        for status, several in self._by_status():
            if status != "SUCCEEDED":
                yield from (Recorded(record, status) for record in several)
                continue
            batches = (checked_record(record) for record in several)
            wanted = (batch for batch in batches if batch["Failed"] or batch["Pending"] or not left)
            for batch, outcomes in self._outcomes(wanted):
                yield from (Recorded(outcome, status, batch) for outcome in outcomes)

    def unrecorded_keys(self, listed: int) -> Iterator[str]:
        """Read everything and the key list again: the listed keys without a record. `listed`: how many are."""
        recorded = (key for one in self.records() for key in _keys(one.record, one.status))
        yield from missing(self._listed_keys(), recorded, count=listed) if self.named else self._listed_keys()

    def outcomes(self) -> Iterator[dict[str, Any]]:
        """Read the results of all batches that succeeded again, in flat memory: the outcome of each key."""
        for recorded in self.records():
            if recorded.status == "SUCCEEDED":
                yield recorded.record

    def failed_keys(self) -> Iterator[FailedKey]:
        """Read what has failed keys again, in flat memory: each failed key with its whole cause."""
        for recorded in self.records(left=True):
            yield from failed_keys(recorded.record, recorded.status)

    @property
    def complete(self) -> bool:
        """Whether the run has a Map Run and every one wrote its results."""
        return bool(self._written) and None not in self._written

    @property
    def named(self) -> list[tuple[Status, str]]:
        """The result files with the status of their records."""
        return [file for files in self._written for file in files or ()]

    def _add_up(
        self, retry: Callable[[RetryLine], None], look: Callable[[RunResults, Recorded], None] | None
    ) -> RunResults:
        results = RunResults(
            ledger=empty_ledger(self._count_listed()),
            failures={},
            skips={},
            causes=FailureCauses(),
            written=self.complete,
        )
        results.unread = self._count_unread(results.ledger["listed"])
        tally = Tally(
            results.ledger,
            failures=results.failures,
            skips=results.skips,
            read_retry=partial(read_retry, self._client, bucket=self._bucket, owner=self._owner),
        )

        def add(record: dict[str, Any], status: Status) -> None:
            for line in tally.add(record, status):
                retry(line)

        for status, several in self._by_status():
            if status == "SUCCEEDED" and look:
                for batch, outcomes in self._outcomes(checked_record(record) for record in several):
                    add(cast("dict[str, Any]", batch), status)
                    for outcome in outcomes:
                        look(results, Recorded(outcome, status, batch))
                continue
            for record in several:
                add(record, status)
                if look:
                    look(results, Recorded(record, status))
        results.skips = most_first(results.skips)
        if not results.adds_up:
            self._add_unrecorded(results, retry)
        return results

    def _outcomes(self, batches: Iterator[BatchRecord]) -> Iterator[tuple[BatchRecord, Iterator[dict[str, Any]]]]:
        for batch, chunks in batch_objects(self._client, batches, bucket=self._bucket, owner=self._owner):
            yield batch, outcomes_in(chunks, batch)

    def _by_status(self) -> Iterator[tuple[Status, Iterator[dict[str, Any]]]]:
        """The records of the files that the manifests name."""
        for status, key in self.named:
            yield status, self._file(key)

    def _add_unrecorded(self, results: RunResults, retry: Callable[[RetryLine], None]) -> None:
        """Count the listed keys that are in no result file as pending, and retry those that a key list names."""
        ledger = results.ledger
        if self._run.key_list is None:
            results.unrecorded = max(0, ledger["listed"] - recorded_keys(ledger))
            results.nameless = results.unrecorded
        else:
            for key in self.unrecorded_keys(ledger["listed"]):
                results.unrecorded += 1
                retry({"Key": key})
        ledger["pending"] += results.unrecorded

    def _count_listed(self) -> int:
        """The number of listed keys; without a key list, of the keys that the Map Run read."""
        if self._run.key_list is None:
            return self._run.map_run.items if self._run.map_run else 0
        return sum(1 for _ in self._listed_keys())

    def _count_unread(self, listed: int) -> int | None:
        map_run = self._run.map_run
        if map_run is None or map_run.status == "SUCCEEDED":
            return 0
        return None if self._run.key_list is None else max(0, listed - map_run.items)

    def _listed_keys(self) -> Iterator[str]:
        prefix = self._run.key_list
        if prefix is None:
            return
        for parts in list_keys(self._client, bucket=self._bucket, owner=self._owner, prefix=prefix):
            for part in parts:
                yield from (record["Key"] for record in self._file(part))

    def _file(self, key: str) -> Iterator[dict[str, Any]]:
        chunks = read_chunks(self._client, bucket=self._bucket, owner=self._owner, key=key)
        for records, _ in read_records(chunks):
            yield from records

    @cached_property
    def _written(self) -> list[list[tuple[Status, str]] | None]:
        """The files of each Map Run, as `_manifest_files` gives them."""
        return [self._manifest_files(manifest) for manifest in self._run.manifests]

    def _manifest_files(self, manifest: str) -> list[tuple[Status, str]] | None:
        """The files that a manifest names; None if it doesn't exist, or names none after a Map Run that was cut off.

        After a redrive it names the SUCCEEDED files of all attempts, FAILED and PENDING files of the last one. AWS
        writes a test manifest before any child starts; what that contains is not documented, but it names no file.
        https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html
        """
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=manifest, ExpectedBucketOwner=self._owner)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") == "NoSuchKey":
                return None
            raise
        named = json.load(answer["Body"]).get("ResultFiles", {})
        files = [(status, file["Key"]) for status in _STATUSES for file in named.get(status, ())]
        return files if files or (self._run.map_run and self._run.map_run.status == "SUCCEEDED") else None


def _keys(record: dict[str, Any], status: Status) -> list[str]:
    """The keys of a record: one key, or a child's whole batch."""
    return [record["Key"]] if status == "SUCCEEDED" else [line["Key"] for line in keys_of_child(record)]


def _add_causes_and_sizes(results: RunResults, recorded: Recorded) -> None:
    """Add what the ledger leaves out: a record's cause or size."""
    record, status, _ = recorded
    match record:
        case {"Outcome": "Succeeded", "Result": {"size": int(size)}} if status == "SUCCEEDED":
            results.sizes[size.bit_length()] += 1
            results.size_bytes += size
        case {"Outcome": "Failed", "Error": str(error), "Key": str(key)} if status == "SUCCEEDED":
            results.causes.add(error=error, cause=str(record.get("Cause", "")), key=key)
        case _ if status == "FAILED":
            _add_causes_of_child(results.causes, record)


def _add_causes_of_child(causes: FailureCauses, record: dict[str, Any]) -> None:
    """A failed child's causes: by error if it is a batch failure, else one cause for all of its keys."""
    error = error_of_child(record)
    cause = record.get("Cause") or ""
    batch_failure = read_batch_failure(error, cause)
    if batch_failure is None:
        keys = keys_of_child(record)
        causes.add(error=error, cause=error_message(cause), key=keys[0]["Key"], keys=len(keys))
        return
    for entry in batch_failure["Errors"]:
        example = entry["Example"]
        causes.add(error=entry["Error"], cause=example["Cause"], key=example["Key"], keys=entry["Keys"])
