"""Measures reading a batch of objects with 1, 16 and 32 threads: `python -m benchmarks.reads ENDPOINT_URL`."""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from typing import TYPE_CHECKING

from examples.jobs.checksum.job import process
from lambdas.job.bucket import Bucket
from lambdas.process_objects.batch import Batch, Invocation
from lambdas.process_objects.client import s3_client
from tests.fixtures.stand_in.shapes import SHAPES

if TYPE_CHECKING:
    from lambdas.shared.child_input import Item

_BUCKET = "uniform-100"
_OBJECTS = 100
_ROUNDS = 5


def batch_milliseconds(endpoint_url: str, threads: int, rounds: int = _ROUNDS) -> float:
    """The median of `rounds` batches of 100 objects, connections already open."""
    client = s3_client(region="us-east-1", threads=threads, endpoint_url=endpoint_url)
    source, runs = (Bucket(client, name, "0" * 12) for name in (_BUCKET, "runs"))
    batch = Batch(source=source, runs=runs, process=process, threads=threads)
    invocation = Invocation(lambda: 60.0, request_id="request", run="bench")
    shape = SHAPES["uniform"](_OBJECTS)
    items: list[Item] = [{"Key": shape.key(index).decode()} for index in range(_OBJECTS)]
    batch.run(items[:threads], invocation)
    durations = []
    for _ in range(rounds):
        began = time.perf_counter()
        record = batch.run(items, invocation)
        durations.append((time.perf_counter() - began) * 1000)
        assert record["Succeeded"] == _OBJECTS  # noqa: S101 # else the figure means nothing
    return statistics.median(durations)


if __name__ == "__main__":
    os.environ.setdefault("AWS_ACCESS_KEY_ID", "000000000000")
    os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "none")
    figures = {"1": batch_milliseconds(sys.argv[1], 1, rounds=2)}
    figures |= {str(threads): batch_milliseconds(sys.argv[1], threads) for threads in (16, 32)}
    print(json.dumps(figures))  # noqa: T201 # what a command prints
