"""Reads the results of a batch: gzip-compressed JSON Lines, streamed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lambdas.shared.retry_line import retry_line

from .checked_record import checked_outcomes
from .records import BrokenRecord, read_chunks, read_records, unpacked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mypy_boto3_s3 import S3Client

    from lambdas.shared.batch_record import BatchRecord
    from lambdas.shared.retry_line import RetryLine


def result_chunks(client: S3Client, record: BatchRecord, *, bucket: str, owner: str) -> Iterator[bytes]:
    """The bytes of the results object: of the version that the record names."""
    results = record["Results"]
    return read_chunks(client, bucket=bucket, owner=owner, key=results["Key"], version_id=results["VersionId"])


def outcomes_in(chunks: Iterable[bytes], record: BatchRecord) -> Iterator[dict[str, Any]]:
    """The outcome of each key of a batch, from the bytes of its results.

    Raises BrokenRecord, and UnknownRecord if they are not the outcomes that the record counts.
    """
    try:
        read = (outcome for outcomes, _ in read_records(unpacked(chunks)) for outcome in outcomes)
        yield from checked_outcomes(read, record)
    except BrokenRecord as error:
        raise BrokenRecord(f"{record['Results']['Key']}: {error}") from error


def read_retry(client: S3Client, record: BatchRecord, *, bucket: str, owner: str) -> Iterator[RetryLine]:
    """The failed and pending keys of a batch, from its results."""
    for outcome in outcomes_in(result_chunks(client, record, bucket=bucket, owner=owner), record):
        if outcome["Outcome"] in ("Failed", "Pending"):
            yield retry_line(outcome)
