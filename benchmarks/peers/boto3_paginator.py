"""Lists with boto3's paginator: `python -m benchmarks.peers.boto3_paginator ENDPOINT_URL BUCKET MAX_KEYS`."""

from __future__ import annotations

import json
import os
import sys

import boto3

from benchmarks.measuring import Stopwatch, peak_memory_mib


def list_bucket(endpoint_url: str, bucket: str, max_keys: int) -> dict[str, float]:
    """List `max_keys` keys, and return what it took."""
    client = boto3.client("s3", endpoint_url=endpoint_url, region_name="us-east-1")
    stopwatch = Stopwatch()
    keys: list[str] = []
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, PaginationConfig={"MaxItems": max_keys})
    for page in pages:
        keys.extend(entry["Key"] for entry in page.get("Contents", ()))
    client.put_object(Bucket="runs", Key="boto3/keys.json", Body=json.dumps(keys).encode())
    return {
        "keys": len(keys),
        "seconds": stopwatch.seconds,
        "cpu_seconds": stopwatch.cpu_seconds,
        "peak_rss_mib": peak_memory_mib(),
    }


if __name__ == "__main__":
    os.environ.setdefault("AWS_ACCESS_KEY_ID", "000000000000")
    os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "none")
    print(json.dumps(list_bucket(sys.argv[1], sys.argv[2], int(sys.argv[3]))))  # noqa: T201 # what a command prints
