"""What an incremental listing costs beside the listing itself: `python -m benchmarks.look_back OBJECTS`."""

from __future__ import annotations

import json
import sys
from datetime import timedelta

from benchmarks.measuring import Stopwatch, peak_memory_mib
from lambdas.list_objects.changes import LastRuns, RunsBucket
from lambdas.list_objects.digests import digest_of
from lambdas.list_objects.listed_object import ListedObject
from lambdas.shared.last_success import FORMAT, Places
from tests.fixtures.fake_s3 import FakeS3

_BUCKET, _PART_OBJECTS = "source", 500_000


def listed(number: int) -> ListedObject:
    key, modified = f"2026/11/25/{number:012x}.json", f"2026-11-25T{number % 24:02d}:00:00.000Z"
    return ListedObject(key, f"{number:032x}", 48213, modified, "STANDARD", restored=False)


def measure(objects: int) -> dict[str, float]:
    """Load what a run saw, then decide about as many objects, of which every second one is new."""
    s3, places = FakeS3(), Places(_BUCKET)
    state = {"format": FORMAT, "run": "r", "looked_until": "2026-11-26T00:00:00Z", "prefixes": [""], "previous": None}
    s3.objects["runs", places.successful_run("r")] = json.dumps(state).encode()
    for start in range(0, objects, _PART_OBJECTS):
        digests = (digest_of(listed(number)) for number in range(start, min(objects, start + _PART_OBJECTS)))
        s3.objects["runs", f"{places.objects('r')}part-000-{start:09d}"] = b"".join(digests)
    stored = sum(map(len, s3.objects.values()))
    stopwatch = Stopwatch()
    last = LastRuns(
        RunsBucket(s3.client, bucket="runs", owner=s3.owner),
        source_bucket=_BUCKET,
        run="s",
        look={"looked_until": "2026-11-27T00:00:00Z", "since": "r"},
        overlap=timedelta(days=7),
        invocation=None,
        attempt="a",
    )
    loaded = stopwatch.cpu_seconds
    new = sum(last.is_new(listed(2 * number), "") for number in range(objects))
    assert new == objects // 2  # noqa: S101 # else the figures are of something else
    return {
        "keys": objects,
        "seconds": stopwatch.seconds,
        "cpu_seconds": stopwatch.cpu_seconds - loaded,
        "load_cpu_seconds": loaded,
        "stored_bytes": stored,
        "peak_rss_mib": peak_memory_mib(),
    }


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]))))  # noqa: T201 # what a command prints
