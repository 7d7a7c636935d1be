"""A run's results, key by key: the ledger, why keys failed or were skipped, and which keys to retry.

They are read as SummarizeRun reads them, and also if it never ran: after a Map Run that was stopped, and after one that
wrote no results. Only the files that the manifest names count: a redrive may leave older files beside them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lambdas.process_objects.batch_failure import read_batch_failure
from lambdas.summarize_run.ledger import (
    Ledger,
    RetryLine,
    Status,
    Tally,
    empty_ledger,
    error_of_child,
    keys_of_child,
    most_first,
    recorded_keys,
    size_of,
)
from lambdas.summarize_run.records import read_chunks, read_records
from lambdas.summarize_run.retry_list import list_keys
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
        written: whether the Map Run wrote its results. Without them, nobody knows which keys succeeded.
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
        observe: Callable[[dict[str, Any], Status, Ledger], None] = lambda *_: None,
    ) -> RunResults:
        """Read all files, in flat memory. `retry` is called once with each key that failed or was never tried.

        `observe` is called with each record and its status, and the ledger so far.

        Raises BrokenRecord, UnknownRecord and S3's errors: a ledger that can't be read is not an empty ledger.
        """
        files = self._result_files()
        results = RunResults(
            ledger=empty_ledger(self._count_listed()),
            failures={},
            skips={},
            causes=FailureCauses(),
            written=files is not None,
        )
        results.unread = self._count_unread(results.ledger["listed"])
        tally = Tally(results.ledger, failures=results.failures, skips=results.skips)
        for record, status in self._records(files or []):
            for line in tally.add(record, status):
                retry(line)
            _add_causes_and_sizes(results, record, status)
            observe(record, status, results.ledger)
        results.skips = most_first(results.skips)
        if not results.adds_up:
            self._add_unrecorded(results, retry)
        return results

    def records(self) -> Iterator[tuple[dict[str, Any], Status]]:
        """Read all files again, in flat memory: each record with its status."""
        yield from self._records(self._result_files() or [])

    def unrecorded_keys(self, listed: int) -> Iterator[str]:
        """Read all files and the key list again: the listed keys that are in no result file. `listed`: how many are."""
        files = self._result_files() or []
        recorded = (key for record, status in self._records(files) for key in _keys(record, status))
        yield from missing(self._listed_keys(), recorded, count=listed) if files else self._listed_keys()

    def outcomes(self) -> Iterator[dict[str, Any]]:
        """Read all files again, in flat memory: the outcome of each key of the children that succeeded."""
        for record, status in self.records():
            if status == "SUCCEEDED":
                yield record

    def failed_keys(self) -> Iterator[FailedKey]:
        """Read all files again, in flat memory: each failed key with its whole cause."""
        for record, status in self.records():
            yield from failed_keys(record, status)

    def named(self) -> list[tuple[Status, str]] | None:
        """The result files with the status of their records; None if the Map Run wrote no results."""
        return self._result_files()

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

    def _records(self, files: list[tuple[Status, str]]) -> Iterator[tuple[dict[str, Any], Status]]:
        for status, key in files:
            yield from ((record, status) for record in self._file(key))

    def _file(self, key: str) -> Iterator[dict[str, Any]]:
        chunks = read_chunks(self._client, bucket=self._bucket, owner=self._owner, key=key)
        for records, _ in read_records(chunks):
            yield from records

    def _result_files(self) -> list[tuple[Status, str]] | None:
        """The files that the manifest names, with the status of their records; None if no results were written.

        After a redrive it names the SUCCEEDED files of all attempts, FAILED and PENDING files of the last one. AWS
        writes a test manifest before any child starts; what that contains is not documented, but it names no file.
        https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html
        """
        manifest, map_run = self._run.manifest, self._run.map_run
        if manifest is None or map_run is None:
            return None
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=manifest, ExpectedBucketOwner=self._owner)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") == "NoSuchKey":
                return None
            raise
        named = json.load(answer["Body"]).get("ResultFiles", {})
        files = [(status, file["Key"]) for status in _STATUSES for file in named.get(status, ())]
        return files if files or map_run.status == "SUCCEEDED" else None


def _keys(record: dict[str, Any], status: Status) -> list[str]:
    """The keys of a record: one key, or a child's whole batch."""
    return [record["Key"]] if status == "SUCCEEDED" else [line["Key"] for line in keys_of_child(record)]


def _add_causes_and_sizes(results: RunResults, record: dict[str, Any], status: Status) -> None:
    """Add what the ledger leaves out: a record's cause or size."""
    if status == "SUCCEEDED" and (size := size_of(record)) is not None:
        results.sizes[size.bit_length()] += 1
        results.size_bytes += size
        return
    match record:
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
