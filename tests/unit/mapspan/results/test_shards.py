"""A run with shards has a Map Run and a manifest for each: its results are those of all of them."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from mapspan.results.map_run_summary import MapRunSummary
from mapspan.results.report_notes import report_notes
from mapspan.results.unread_keys import redrive_command, unread_sentence
from modules.pipeline.workflow.names import LEDGER_MISMATCH, TOO_MANY_FAILED_OBJECTS
from tests.fixtures.batch_records import written_batch
from tests.fixtures.fake_states import EXECUTION, SHARD, STARTED, FakeStates, counts
from tests.fixtures.finished_runs import RunsBucket, finished_run, map_run, succeeded

TWO_SHARDS = (f"{SHARD}one", f"{SHARD}two")


def described(status: str, *, seconds: int, **changes: Any) -> dict[str, Any]:
    return {
        "status": status,
        "startDate": STARTED + timedelta(seconds=seconds),
        "stopDate": STARTED + timedelta(seconds=seconds + 100),
        "itemCounts": counts(total=1_000, succeeded=900),
        "executionCounts": counts(total=10, succeeded=8, failed=1, aborted=1),
        **changes,
    }


def summary(*shards: dict[str, Any]) -> MapRunSummary:
    states: Any = FakeStates([])
    states.shards = {f"{SHARD}{number}": shard for number, shard in enumerate(shards)}
    found = MapRunSummary.read(states, EXECUTION, pause_seconds=0)
    assert found
    return found


def test_the_map_runs_of_all_shards_are_added_up() -> None:
    both = summary(described("SUCCEEDED", seconds=0), described("SUCCEEDED", seconds=30, redriveCount=2))
    assert both == MapRunSummary(
        arns=(f"{SHARD}0", f"{SHARD}1"),
        status="SUCCEEDED",
        started=STARTED,
        stopped=STARTED + timedelta(seconds=130),
        max_concurrency=20,
        redrives=2,
        items=2_000,
        succeeded=1_800,
        children=20,
        failed_children=4,
    )


def test_one_shard_that_did_not_succeed_or_end_is_that_of_all() -> None:
    assert summary(described("SUCCEEDED", seconds=0), described("ABORTED", seconds=0)).status == "ABORTED"
    assert summary(described("SUCCEEDED", seconds=0), described("RUNNING", seconds=0, stopDate=None)).stopped is None
    unlimited = described("SUCCEEDED", seconds=0, maxConcurrency=0)
    assert summary(described("SUCCEEDED", seconds=0), unlimited).max_concurrency == 0


def test_map_runs_are_described_with_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("time.sleep", pauses.append)
    states: Any = FakeStates([])
    states.shards = {f"{SHARD}{number}": described("SUCCEEDED", seconds=0) for number in range(3)}
    MapRunSummary.read(states, EXECUTION, pause_seconds=1.0)
    assert pauses == [1.0, 1.0]


def manifest(bucket: RunsBucket, shard: str, keys: list[str]) -> None:
    folder = f"map-runs/night/{shard.rpartition(':')[2]}/"
    records = [written_batch([succeeded(key) for key in keys], bucket.s3, bucket=bucket.name)] if keys else []
    bucket.leave(f"{folder}SUCCEEDED_0.jsonl", records)
    files = {"SUCCEEDED": [{"Key": f"{folder}SUCCEEDED_0.jsonl"}]}
    bucket.s3.objects[bucket.name, f"{folder}manifest.json"] = json.dumps({"ResultFiles": files}).encode()


def test_the_results_of_all_shards_are_one_ledger() -> None:
    bucket = RunsBucket()
    bucket.list_keys(["a", "b", "c"])
    for shard, keys in zip(TWO_SHARDS, (["a"], ["b", "c"]), strict=True):
        manifest(bucket, shard, keys)
    results, to_retry = bucket.read(finished_run(map_run=map_run(arns=TWO_SHARDS)))
    assert (results.ledger["succeeded"], results.written, to_retry) == (3, True, [])


def test_the_keys_of_a_shard_that_was_cut_off_are_pending_and_the_report_says_why() -> None:
    bucket = RunsBucket()
    bucket.list_keys(["a", "b", "c"])
    manifest(bucket, TWO_SHARDS[0], ["a"])
    run = finished_run(status="ABORTED", map_run=map_run(arns=TWO_SHARDS, status="ABORTED", items=3, succeeded=2))
    results, to_retry = bucket.read(run)
    assert (results.ledger["succeeded"], results.ledger["pending"], results.written) == (1, 2, False)
    assert to_retry == ["b", "c"]
    notes = "; ".join(report_notes(run, results))
    assert "the listing did not finish: the bucket may have more keys than were listed" in notes
    assert "a Map Run was cut off and wrote no results" in notes


@pytest.mark.parametrize(
    ("status", "error", "finished"),
    [
        ("SUCCEEDED", None, True),
        ("FAILED", TOO_MANY_FAILED_OBJECTS, True),
        ("FAILED", LEDGER_MISMATCH, True),
        ("FAILED", "States.ExceedToleratedFailureThreshold", False),
        ("ABORTED", "Stopped", False),
    ],
)
def test_the_listing_of_a_run_with_shards_is_finished_once_it_adds_up(
    status: str, error: str | None, *, finished: bool
) -> None:
    run = finished_run(status=status, error=error, map_run=map_run(arns=TWO_SHARDS))
    assert run.listing_finished is finished


def test_a_run_whose_shards_ended_before_the_listing_is_redriven_and_not_retried_by_key() -> None:
    bucket = RunsBucket()
    bucket.list_keys(["a"])
    for shard, keys in zip(TWO_SHARDS, (["a"], []), strict=True):
        manifest(bucket, shard, keys)
    run = finished_run(status="FAILED", redrivable=True, map_run=map_run(arns=TWO_SHARDS, status="FAILED", items=1))
    results, _ = bucket.read(run)
    assert redrive_command("prod", run, results) == "mapspan redrive prod night"
    assert unread_sentence(run, results) == "ended before the listing did: the bucket may have more keys"
