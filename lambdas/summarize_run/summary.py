"""Adds up the result files of a run until it is done or nearly out of time."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Literal, NamedTuple, TypedDict

from lambdas.shared.name_counts import most_first

from .batch_results import read_retry
from .ledger import Ledger, Status, Tally, empty_ledger
from .records import count_lines, read_chunks, read_records
from .retry_list import RetryList, list_keys
from .work import Work

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mypy_boto3_s3 import S3Client

    from .work import Processing

# The part of the invocation's time that is reserved for writing the last part to retry.
_RESERVED_SHARE, _RESERVED_AT_MOST_SECONDS = 0.2, 60.0
_STATUSES: tuple[Status, ...] = ("SUCCEEDED", "FAILED", "PENDING")


class Checkpoint(TypedDict):
    """`files`: how many are done, of all Map Runs. `offset`: the byte at which to continue in the next one."""

    invocation: int
    files: int
    offset: int
    ledger: Ledger
    failures: dict[str, int]
    skips: dict[str, int]
    processing: Processing | None
    retry_keys: int


class Manifest(TypedDict):
    """The location of ResultWriter's manifest of one Map Run."""

    Bucket: str
    Key: str


class _File(NamedTuple):
    kind: Literal["LISTED"] | Status
    bucket: str
    key: str


class Summary:
    """The ledger of a run, of all its Map Runs, and its keys to retry."""

    def __init__(
        self,
        client: S3Client,
        *,
        bucket: str,
        owner: str,
        retry_prefix: str,
        listed: int | None,
        checkpoint: Checkpoint | None,
    ) -> None:
        """If `listed` is None, the lines of the key list are counted."""
        self._client = client
        self._bucket = bucket
        self._owner = owner
        self._count_key_list = listed is None
        self._checkpoint: Checkpoint = checkpoint or {
            "invocation": 0,
            "files": 0,
            "offset": 0,
            "ledger": empty_ledger(listed or 0),
            "failures": {},
            "skips": {},
            "processing": None,
            "retry_keys": 0,
        }
        self._tally = Tally(
            self._checkpoint["ledger"],
            failures=self._checkpoint["failures"],
            skips=self._checkpoint["skips"],
            read_retry=partial(read_retry, client, bucket=bucket, owner=owner),
            work=Work(self._checkpoint["processing"]),
        )
        self._retry_list = RetryList(
            client, bucket=bucket, owner=owner, prefix=retry_prefix, invocation=self._checkpoint["invocation"]
        )

    @property
    def ledger(self) -> Ledger:
        return self._tally.ledger

    @property
    def failures(self) -> dict[str, int]:
        """Failed keys by error name, the most frequent first."""
        return most_first(self._tally.failures)

    @property
    def skips(self) -> dict[str, int]:
        """Skipped keys by reason, the most frequent first."""
        return most_first(self._tally.skips)

    @property
    def processing(self) -> Processing:
        """What the children did."""
        return self._tally.work.so_far()

    @property
    def retry_keys(self) -> int:
        return self._checkpoint["retry_keys"] + self._retry_list.keys

    def run(
        self,
        *,
        key_list_prefix: str | None,
        manifests: list[Manifest],
        seconds_left: Callable[[], float],
    ) -> Checkpoint | None:
        """Read on until done; if time runs out first, return the checkpoint to continue from.

        Raises BrokenRecord, UnknownRecord and any S3 error: a failure must never look like an empty ledger.
        """
        reserved = min(_RESERVED_AT_MOST_SECONDS, seconds_left() * _RESERVED_SHARE)
        self._retry_list.delete_leftovers()
        files = [*self._key_list_files(key_list_prefix)]
        for manifest in manifests:
            files += self._result_files(manifest["Bucket"], manifest["Key"])
        for done, offset in self._read(files):
            if seconds_left() < reserved:
                self._retry_list.flush()
                return {
                    "invocation": self._checkpoint["invocation"] + 1,
                    "files": done,
                    "offset": offset,
                    "ledger": self._tally.ledger,
                    "failures": self._tally.failures,
                    "skips": self._tally.skips,
                    "processing": self.processing,
                    "retry_keys": self.retry_keys,
                }
        self._retry_list.flush()
        return None

    def _read(self, files: list[_File]) -> Iterator[tuple[int, int]]:
        """Add up the files. Yields after each chunk where to continue: how many files are done, and an offset."""
        offset = self._checkpoint["offset"]
        for done, file in enumerate(files[self._checkpoint["files"] :], start=self._checkpoint["files"]):
            chunks = read_chunks(self._client, bucket=file.bucket, owner=self._owner, key=file.key, offset=offset)
            if file.kind == "LISTED":
                # The parts of a key list are small: each is counted whole.
                self._tally.ledger["listed"] += sum(count_lines(chunks))
                yield done + 1, 0
                continue
            for records, end in read_records(chunks, offset=offset):
                for record in records:
                    for line in self._tally.add(record, file.kind):
                        self._retry_list.add(line)
                yield done, end
            offset = 0

    def _key_list_files(self, prefix: str | None) -> Iterator[_File]:
        if self._count_key_list and prefix is not None:
            for keys in list_keys(self._client, bucket=self._bucket, owner=self._owner, prefix=prefix):
                yield from (_File("LISTED", self._bucket, key) for key in keys)

    def _result_files(self, bucket: str, manifest_key: str) -> Iterator[_File]:
        """https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html"""
        answer = self._client.get_object(Bucket=bucket, Key=manifest_key, ExpectedBucketOwner=self._owner)
        files = json.load(answer["Body"])["ResultFiles"]
        for status in _STATUSES:
            yield from (_File(status, bucket, file["Key"]) for file in files.get(status, ()))
