"""Processes small objects with the worker: `python -m benchmarks.worker URL BUCKET OBJECTS THREADS`."""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any

from benchmarks.measuring import Stopwatch, peak_memory_mib
from tests.fixtures.stand_in.shapes import shape_of

BATCH = 100
_JOB = Path(__file__).parent.parent / "examples" / "jobs" / "checksum"


class Context:
    """What Lambda passes to a handler, with more than enough time."""

    aws_request_id = "request"

    def get_remaining_time_in_millis(self) -> int:
        return 600_000


def keys_of(bucket: str, objects: int) -> list[str]:
    """The first `objects` keys of a shaped bucket."""
    shape = shape_of(bucket)
    assert shape is not None  # noqa: S101 # else the caller names another bucket
    return [shape.key(index).decode() for index in range(objects)]


def process(bucket: str, objects: int) -> dict[str, float]:
    """Call the handler with batches of 100 objects, and return what it took, connections already open."""
    handler: Any = importlib.import_module("lambdas.process_objects.handler").handler
    items = [{"Key": key} for key in keys_of(bucket, objects)]

    def batch(start: int) -> None:
        batch_items = items[start : start + BATCH]
        record = handler({"BatchInput": {"run": "bench"}, "Items": batch_items}, Context())
        assert record["Succeeded"] == len(batch_items)  # noqa: S101 # else the figure means nothing

    batch(0)
    stopwatch = Stopwatch()
    for start in range(0, objects, BATCH):
        batch(start)
    return {
        "keys": objects,
        "seconds": stopwatch.seconds,
        "cpu_seconds": stopwatch.cpu_seconds,
        "peak_rss_mib": peak_memory_mib(),
    }


if __name__ == "__main__":
    url, bucket, objects, threads = sys.argv[1:]
    os.environ |= {
        "AWS_ACCESS_KEY_ID": "000000000000",
        "AWS_SECRET_ACCESS_KEY": "none",
        "AWS_ENDPOINT_URL_S3": url,
        "SOURCE_BUCKET": bucket,
        "SOURCE_ACCOUNT_ID": "0" * 12,
        "SOURCE_REGION": "us-east-1",
        "AWS_REGION": "us-east-1",
        "RUNS_BUCKET": "runs",
        "RUNS_ACCOUNT_ID": "0" * 12,
        "READ_THREADS": threads,
    }
    sys.path.insert(0, str(_JOB))
    print(json.dumps(process(bucket, int(objects))))  # noqa: T201 # what a command prints
