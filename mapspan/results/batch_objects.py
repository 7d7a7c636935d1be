"""Reads the results of many batches: their objects in order, a few of them ahead on a bounded number of threads."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from lambdas.shared.batch_record import BatchRecord
from lambdas.summarize_run.batch_results import result_chunks

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# How many objects are requested at the same time, and how many are held. Of each, memory has at most the first MiB,
# which is all of a usual one.
THREADS = 16
AHEAD = 2 * THREADS


def batch_objects(
    client: S3Client, records: Iterable[BatchRecord], *, bucket: str, owner: str
) -> Iterator[tuple[BatchRecord, Iterator[bytes]]]:
    """The bytes of each batch's results, in the order of the records. Read them before the next ones, or never.

    Raises S3's errors.
    """

    def begin(record: BatchRecord) -> Iterator[bytes]:
        chunks = result_chunks(client, record, bucket=bucket, owner=owner)
        return itertools.chain([next(chunks, b"")], chunks)

    begun: deque[tuple[BatchRecord, Future[Iterator[bytes]]]] = deque()
    threads = ThreadPoolExecutor(THREADS, "results")
    try:
        for record in records:
            begun.append((record, threads.submit(begin, record)))
            if len(begun) >= AHEAD:
                first, chunks = begun.popleft()
                yield first, chunks.result()
        for last, chunks in begun:
            yield last, chunks.result()
    finally:
        # A reader that has enough leaves the rest.
        threads.shutdown(cancel_futures=True)
