"""Reads small objects with boto3 on threads: `python -m benchmarks.peers.boto3_threads URL BUCKET OBJECTS THREADS`.

The loop that one would write without mapspan: the same checksum, a line of JSON for each object, and the first failure
ends it.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
from botocore.config import Config

from benchmarks.measuring import Stopwatch, peak_memory_mib
from benchmarks.worker import keys_of


def read(endpoint_url: str, bucket: str, objects: int, threads: int) -> dict[str, float]:
    """Read `objects` objects, and return what it took, connections already open."""
    config = Config(max_pool_connections=threads)
    client: Any = boto3.client("s3", endpoint_url=endpoint_url, region_name="us-east-1", config=config)
    keys = keys_of(bucket, objects)

    def line(key: str) -> str:
        body = client.get_object(Bucket=bucket, Key=key)["Body"].read()
        lines = body.count(b"\n") + (not body.endswith(b"\n"))
        result = {"size": len(body), "sha256": hashlib.sha256(body).hexdigest(), "lines": lines}
        return json.dumps({"Key": key, "Result": result})

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(line, keys[:100]))
        stopwatch = Stopwatch()
        lines = list(pool.map(line, keys))
        return {
            "keys": len(lines),
            "seconds": stopwatch.seconds,
            "cpu_seconds": stopwatch.cpu_seconds,
            "peak_rss_mib": peak_memory_mib(),
        }


if __name__ == "__main__":
    os.environ.setdefault("AWS_ACCESS_KEY_ID", "000000000000")
    os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "none")
    print(json.dumps(read(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))))  # noqa: T201 # what a command prints
