"""What adding up a run's ledger costs: `python -m benchmarks.adding_up WAY KEYS FAILED_PERCENT`.

WAY is `records`, our summary, or `outcomes`, the former way, which parsed a line for each key.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from benchmarks.measuring import Stopwatch, peak_memory_mib
from benchmarks.peers.outcome_lines import OutcomeLines
from lambdas.summarize_run.summary import Summary
from tests.fixtures.batch_records import written_batch
from tests.fixtures.fake_s3 import FakeS3

if TYPE_CHECKING:
    from collections.abc import Iterator

BATCH = 100
_FILE, _MANIFEST, _RETRY = "map-runs/night/uuid/SUCCEEDED_0.jsonl", "map-runs/night/uuid/manifest.json", "retry/"
_CHUNK = 1024 * 1024


def batches(keys: int, failed_percent: int) -> Iterator[list[dict[str, Any]]]:
    """The outcomes of a run's batches, each with the results of the checksum job."""
    for start in range(0, keys, BATCH):
        yield [_outcome(number, failed=number % 100 < failed_percent) for number in range(start, start + BATCH)]


def measure(way: str, keys: int, failed_percent: int) -> dict[str, float]:
    """Add up a run of `keys` keys."""
    s3 = FakeS3()
    chunks = _records(s3, keys, failed_percent) if way == "records" else _outcomes(keys, failed_percent)
    s3.objects["runs", _FILE] = b"".join(chunks)
    s3.objects["runs", _MANIFEST] = json.dumps({"ResultFiles": {"SUCCEEDED": [{"Key": _FILE}]}}).encode()
    stopwatch = Stopwatch()
    failed, retried = _add_up(s3, keys) if way == "records" else _add_up_outcomes(s3)
    cpu_seconds, seconds = stopwatch.cpu_seconds, stopwatch.seconds
    expected = keys * failed_percent // 100
    assert failed == retried == expected  # noqa: S101 # else the figures are of something else
    return {"keys": keys, "seconds": seconds, "cpu_seconds": cpu_seconds, "peak_rss_mib": peak_memory_mib()}


def _add_up(s3: FakeS3, keys: int) -> tuple[int, int]:
    summary = Summary(s3.client, bucket="runs", owner=s3.owner, retry_prefix=_RETRY, listed=keys, checkpoint=None)
    summary.run(key_list_prefix=None, manifests=[{"Bucket": "runs", "Key": _MANIFEST}], seconds_left=lambda: 900.0)
    ledger = summary.ledger
    assert ledger["succeeded"] + ledger["failed"] == keys  # noqa: S101 # likewise
    return ledger["failed"], summary.retry_keys


def _add_up_outcomes(s3: FakeS3) -> tuple[int, int]:
    content = s3.objects["runs", _FILE]
    lines = OutcomeLines()
    lines.read(content[at : at + _CHUNK] for at in range(0, len(content), _CHUNK))
    return lines.ledger["failed"], len(lines.retry)


def _records(s3: FakeS3, keys: int, failed_percent: int) -> Iterator[bytes]:
    for number, batch in enumerate(batches(keys, failed_percent)):
        record = written_batch(batch, s3, child=f"4c5a8f1e-1111-2222-3333-{number:012}")
        # As long as AWS's own version ids, and without the results, which nothing reads.
        record["Results"]["VersionId"] = f"{number:032}"
        s3.objects.clear()
        s3.versions.clear()
        yield json.dumps(record).encode() + b"\n"


def _outcomes(keys: int, failed_percent: int) -> Iterator[bytes]:
    for batch in batches(keys, failed_percent):
        yield b"".join(json.dumps(outcome).encode() + b"\n" for outcome in batch)


def _outcome(number: int, *, failed: bool) -> dict[str, Any]:
    key = f"2026/11/{number % 30:02}/orders-{number:09}.csv"
    if failed:
        return {"Key": key, "Outcome": "Failed", "Error": "ProcessorFailed", "Cause": f"ValueError: {key} has no price"}
    result = {"size": number, "sha256": f"{number:064x}", "lines": number % 1_000}
    return {"Key": key, "Outcome": "Succeeded", "Result": result}


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))  # noqa: T201 # what a command prints
