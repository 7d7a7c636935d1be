"""Runs the lister's real code against any S3 endpoint and prints its cost.

python -m benchmarks.listing --endpoint-url URL --bucket B [--prefix P] --key-list-bucket K --threads N
    [--deadline-seconds S] [--select JSON] [--listers N] [--deal-after-seconds S] [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import uuid
from collections import Counter
from typing import TYPE_CHECKING, TypedDict

from botocore.exceptions import ClientError

from benchmarks.measuring import Stopwatch, peak_memory_mib
from lambdas.list_objects.client import s3_client
from lambdas.list_objects.listing import Dealing, Listing
from lambdas.shared.key_lists import listed_prefix
from lambdas.shared.selection import Selector
from modules.asl.quotas import MAX_ITEMS
from modules.pipeline.workflow.shards import GROWTH

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_s3 import S3Client

    from lambdas.list_objects.checkpoint import Checkpoint

_REGION = "us-east-1"


class Report(TypedDict):
    """`keys`: those that the listing saw; `listed`: those that are selected. `requests`: ListObjectsV2, with retries.

    `shards`: how many keys each has, by round. `seconds` is the sum of all invocations, which are measured one by one.
    `key_list`: where the parts are, as an s3:// URL.
    """

    keys: int
    listed: int
    parts: int
    requests: int
    requests_per_thousand_keys: float
    invocations: int
    shards: list[list[int]]
    seconds: float
    keys_per_second: float
    cpu_seconds: float
    cpu_seconds_per_million_keys: float
    peak_rss_mib: float
    largest_checkpoint_bytes: int
    key_list: str


def run(options: argparse.Namespace) -> Report:
    """List everything, in as many rounds as it takes; the listers of a round one after another."""
    client = s3_client(region=_REGION, threads=options.threads, endpoint_url=options.endpoint_url, path_style=True)
    sent: Counter[str] = Counter()
    client.meta.events.register("before-send.s3.*", lambda event_name, **_: sent.update([event_name]))
    _ensure_bucket(client, options.key_list_bucket)
    listing = Listing(
        source=client,
        source_bucket=options.bucket,
        source_owner=options.account_id,
        runs=client,
        runs_bucket=options.key_list_bucket,
        runs_owner=options.account_id,
        threads=options.threads,
        keys_per_part=options.keys_per_part,
        max_keys_per_shard=MAX_ITEMS,
        dealing=Dealing(listers=options.listers, after_seconds=options.deal_after_seconds),
    )
    key_list_prefix = listed_prefix(options.execution_name or str(uuid.uuid4()))
    sent.clear()
    stopwatch = Stopwatch()
    invocations, largest, requests, seen = 0, 0, 0, 0
    shards: list[list[int]] = []
    going_on: list[Checkpoint | None] = [None]
    while going_on:
        most = GROWTH * sum(shards[-1]) // len(going_on) if shards else None
        continued: list[Checkpoint | None] = []
        keys: list[int] = []
        for checkpoint in going_on:
            before = sent["before-send.s3.ListObjectsV2"]
            done = listing.run(
                key_list_prefix=key_list_prefix,
                prefixes=options.prefix or [""],
                max_keys=options.max_keys,
                # The state machine passes it on as JSON.
                checkpoint=json.loads(json.dumps(checkpoint)),
                selector=Selector([json.loads(options.select)], started_at="2026-03-01T00:00:00Z"),
                seconds_left=_seconds_until(time.monotonic() + options.deadline_seconds),
                attempt=str(uuid.uuid4()),
                most=most,
                listers=len(going_on),
            )
            invocations += 1
            # One of the requests looked for leftovers in the runs bucket.
            requests += sent["before-send.s3.ListObjectsV2"] - before - 1
            seen += done.seen
            keys.append(done.listed)
            continued += done.checkpoints
        shards.append(keys)
        going_on = continued
        largest = max(largest, len(json.dumps(going_on)))
    seconds, cpu_seconds = stopwatch.seconds, stopwatch.cpu_seconds
    return {
        "keys": seen,
        "listed": sum(map(sum, shards)),
        "parts": sent["before-send.s3.PutObject"],
        "requests": requests,
        "requests_per_thousand_keys": round(requests * 1000 / max(1, seen), 4),
        "invocations": invocations,
        "shards": shards,
        "seconds": round(seconds, 3),
        "keys_per_second": round(seen / seconds),
        "cpu_seconds": round(cpu_seconds, 3),
        "cpu_seconds_per_million_keys": round(cpu_seconds * 1e6 / max(1, seen), 3),
        "peak_rss_mib": round(peak_memory_mib(), 1),
        "largest_checkpoint_bytes": largest,
        "key_list": f"s3://{options.key_list_bucket}/{key_list_prefix}",
    }


def _seconds_until(deadline: float) -> Callable[[], float]:
    return lambda: deadline - time.monotonic()


def _ensure_bucket(client: S3Client, name: str) -> None:
    try:
        client.head_bucket(Bucket=name)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
            raise
        client.create_bucket(Bucket=name)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.listing", description="Measure what listing a bucket costs."
    )
    parser.add_argument("--endpoint-url", required=True, help="of S3, used in path style")
    parser.add_argument("--bucket", required=True, help="the bucket to list")
    parser.add_argument("--prefix", action="append", help="list only keys below it; may be repeated")
    parser.add_argument(
        "--key-list-bucket", required=True, help="the bucket for the parts; created if it doesn't exist"
    )
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--deadline-seconds", type=float, default=900, help="of each invocation, like Lambda's timeout")
    parser.add_argument("--keys-per-part", type=int, default=100_000)
    parser.add_argument("--max-keys", type=int)
    parser.add_argument("--listers", type=int, default=1, help="to how many invocations a round deals what is left")
    parser.add_argument("--deal-after-seconds", type=float, default=20)
    parser.add_argument("--select", default="{}", help="the conditions of [select], as JSON")
    parser.add_argument("--execution-name", help="part of the key list's prefix; default: a random one")
    parser.add_argument(
        "--account-id", help="the owner of both buckets; default: the access key, if it looks like an account id"
    )
    parser.add_argument("--json", action="store_true", help="print JSON on one line")
    options = parser.parse_args()
    key_id = os.environ.setdefault("AWS_ACCESS_KEY_ID", "000000000000")
    os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "none")
    options.account_id = options.account_id or (key_id if len(key_id) == 12 and key_id.isdecimal() else "0" * 12)
    return options


if __name__ == "__main__":
    if "MALLOC_ARENA_MAX" not in os.environ:
        # As in the function's environment. malloc reads it only when a process starts.
        os.environ["MALLOC_ARENA_MAX"] = "2"
        os.execv(sys.executable, [sys.executable, "-m", "benchmarks.listing", *sys.argv[1:]])  # noqa: S606 # ourselves
    parsed = _options()
    result = run(parsed)
    print(json.dumps(result, indent=None if parsed.json else 2))  # noqa: T201 # what a command prints
