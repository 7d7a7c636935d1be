"""A run's results, key by key: the ledger, why keys failed, and which are to be tried again.

Read as SummarizeRun reads them, and also where it never ran: after a Map Run that was stopped, and after one that
wrote no results at all. Only the manifest says which files count: a redrive may leave older ones beside them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lambdas.process_objects.batch_failure import read_batch_failure
from lambdas.summarize_run.ledger import Ledger, RetryLine, Status, Tally, keys_of_child
from lambdas.summarize_run.records import read_chunks, read_records
from lambdas.summarize_run.retry_list import list_keys
from mapspan.results.failure_causes import FailureCauses
from mapspan.results.finished_run import FinishedRun
from mapspan.results.key_difference import missing
from mapspan.running.watch_failures import error_message

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_STATUSES: tuple[Status, ...] = ("SUCCEEDED", "FAILED", "PENDING")


@dataclass(kw_only=True)
class RunResults:
    """What became of every key.

    Args:
        failures: failed keys by error name.
        unrecorded: keys that were listed and are in no result file; they count as pending.
        nameless: of these, those that no key list names.
        written: whether there is a manifest, without which nobody knows what succeeded.
        sizes: objects by size, where the processor's results have a `size`: `sizes[n]` have n binary digits.
        size_bytes: of all of them.
    """

    ledger: Ledger
    failures: dict[str, int]
    causes: FailureCauses
    unrecorded: int = 0
    nameless: int = 0
    written: bool = False
    sizes: Counter[int] = field(default_factory=Counter)
    size_bytes: int = 0

    @property
    def adds_up(self) -> bool:
        return self.ledger["listed"] == self.ledger["succeeded"] + self.ledger["failed"] + self.ledger["pending"]

    @property
    def to_retry(self) -> int:
        return self.ledger["failed"] + self.ledger["pending"]


class ResultFiles:
    """The files of one run in the runs bucket of `owner`'s account."""

    def __init__(self, client: S3Client, run: FinishedRun, *, bucket: str, owner: str) -> None:
        self._client = client
        self._run = run
        self._bucket = bucket
        self._owner = owner

    def read(self, retry: Callable[[RetryLine], None] = lambda _: None) -> RunResults:
        """Read them all, in flat memory; `retry` is told each key that failed or was not tried, once.

        Raises what S3 refuses, BrokenRecord and UnknownRecord: a ledger that can't be made is no empty ledger.
        """
        files = self._result_files()
        results = RunResults(
            ledger={"listed": self._count(), "succeeded": 0, "failed": 0, "pending": 0},
            failures={},
            causes=FailureCauses(),
            written=files is not None,
        )
        tally = Tally(results.ledger, results.failures)
        for record, status in self._records(files or []):
            for line in tally.add(record, status):
                retry(line)
            _look_closer(results, record, status)
        if not results.adds_up and self._run.key_list is None:
            ledger = results.ledger
            results.unrecorded = max(0, ledger["listed"] - ledger["succeeded"] - ledger["failed"] - ledger["pending"])
            results.nameless = results.unrecorded
            ledger["pending"] += results.unrecorded
        elif not results.adds_up:
            recorded = (key for record, status in self._records(files or []) for key in _keys(record, status))
            listed = results.ledger["listed"]
            for key in missing(self._listed(), recorded, count=listed) if files else self._listed():
                results.unrecorded += 1
                retry({"Key": key})
            results.ledger["pending"] += results.unrecorded
        return results

    def _count(self) -> int:
        """Keys listed; without a key list, those that the Map Run read."""
        if self._run.key_list is None:
            return self._run.map_run.items if self._run.map_run else 0
        return sum(1 for _ in self._listed())

    def _listed(self) -> Iterator[str]:
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
        """None without a manifest. https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html"""
        manifest = self._run.manifest
        if manifest is None:
            return None
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=manifest, ExpectedBucketOwner=self._owner)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") == "NoSuchKey":
                return None
            raise
        files = json.load(answer["Body"])["ResultFiles"]
        return [(status, file["Key"]) for status in _STATUSES for file in files.get(status, ())]


def _keys(record: dict[str, Any], status: Status) -> list[str]:
    """Every key that a record tells of."""
    return [record["Key"]] if status == "SUCCEEDED" else [line["Key"] for line in keys_of_child(record)]


def _look_closer(results: RunResults, record: dict[str, Any], status: Status) -> None:
    """What the tally has no use for: causes and sizes."""
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
    error = record.get("Error") or record.get("Status") or "Unknown"
    cause = record.get("Cause") or ""
    batch_failure = read_batch_failure(error, cause)
    if batch_failure is None:
        keys = keys_of_child(record)
        causes.add(error=error, cause=error_message(cause), key=keys[0]["Key"], keys=len(keys))
        return
    for entry in batch_failure["Errors"]:
        example = entry["Example"]
        causes.add(error=entry["Error"], cause=example["Cause"], key=example["Key"], keys=entry["Keys"])
