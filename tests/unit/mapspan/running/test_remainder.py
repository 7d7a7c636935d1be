"""The keys that a run left undone become a key list."""

from __future__ import annotations

import json

import pytest

from environments.files import load
from mapspan.checkout import CommandError
from mapspan.deployment import Deployment
from mapspan.results.finished_run import FinishedRun
from mapspan.running.remainder import Remainder, write_remainder
from modules.pipeline.workflow.names import INVENTORY, INVENTORY_STALE, LISTING, KeySourceName
from tests.fixtures.finished_runs import RunsBucket, child, failed, finished_run, map_run, skipped, succeeded

DEPLOYMENT = Deployment(environment=load("local"))
RETRY = {"key_list": {"prefix": "key-lists/night/retry/"}}


@pytest.fixture
def bucket() -> RunsBucket:
    return RunsBucket(DEPLOYMENT.runs_bucket)


def remainder_and_keys(
    bucket: RunsBucket, run: FinishedRun, monkeypatch: pytest.MonkeyPatch
) -> tuple[Remainder, list[str]]:
    """The remainder, and the keys of the retry list."""
    monkeypatch.setattr(Deployment, "s3", lambda _: bucket.s3.client)
    remainder = write_remainder(DEPLOYMENT, run)
    parts = bucket.s3.below(DEPLOYMENT.runs_bucket, "key-lists/night/retry/").values()
    return remainder, [json.loads(line)["Key"] for part in parts for line in part.split(b"\n") if line]


def test_a_stopped_run_leaves_the_failed_keys_and_the_keys_never_tried(
    bucket: RunsBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.list_keys(list("abcdef"))
    bucket.leave("key-lists/night/retry/part-003-00000.jsonl", [{"Key": "stale"}])
    bucket.write("SUCCEEDED", [succeeded("a"), failed("b")])
    bucket.write("FAILED", [child(["c"], Status="ABORTED")])
    remainder, keys = remainder_and_keys(bucket, finished_run(status="ABORTED"), monkeypatch)
    assert (remainder.keys, remainder.run_input) == (5, RETRY)
    assert remainder.reason == "5 of 6 keys to retry: 2 failed and 3 never tried"
    assert sorted(keys) == list("bcdef")


def test_the_retry_list_of_a_run_that_succeeded_is_not_written_again(
    bucket: RunsBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.list_keys(["b"], prefix="key-lists/night/retry/")
    output = {
        "ledger": {"listed": 9, "succeeded": 8, "skipped": 0, "failed": 1, "pending": 0},
        "retry": {"prefix": "key-lists/night/retry/", "keys": 1},
    }
    remainder, keys = remainder_and_keys(bucket, finished_run(output=output), monkeypatch)
    assert (remainder.keys, remainder.run_input, keys) == (1, RETRY, ["b"])
    assert bucket.s3.reads == [], "a list of millions is not written twice"


def test_a_run_without_failures_leaves_nothing(bucket: RunsBucket, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket.list_keys(["a", "b"])
    bucket.write("SUCCEEDED", [succeeded("a"), succeeded("b")])
    remainder, keys = remainder_and_keys(bucket, finished_run(status="FAILED"), monkeypatch)
    assert (remainder.keys, keys) == (0, [])
    assert remainder.reason == "nothing to retry: all 2 keys succeeded"


def test_skipped_keys_are_not_retried(bucket: RunsBucket, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket.list_keys(["a", "b"])
    bucket.write("SUCCEEDED", [succeeded("a"), skipped("b")])
    remainder, keys = remainder_and_keys(bucket, finished_run(status="FAILED"), monkeypatch)
    assert (remainder.keys, keys) == (0, [])
    assert remainder.reason == "nothing to retry: all 2 keys succeeded or were skipped"


def test_a_run_whose_listing_did_not_finish_is_started_again_whole(
    bucket: RunsBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A retry of the listed keys would lose the keys that were not listed yet."""
    bucket.list_keys(["a"])
    run = finished_run(status="FAILED", map_run=None, run_input={"prefix": "2026/"})
    remainder, keys = remainder_and_keys(bucket, run, monkeypatch)
    assert (remainder.keys, remainder.run_input, keys) == (None, {"prefix": "2026/"}, [])


def test_keys_that_no_list_names_are_retried_with_the_whole_run(
    bucket: RunsBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = finished_run(INVENTORY, status="ABORTED", map_run=map_run(items=7), run_input={"max_keys": 7})
    remainder, keys = remainder_and_keys(bucket, run, monkeypatch)
    assert (remainder.keys, remainder.run_input, keys) == (None, {"max_keys": 7}, [])


def test_a_run_that_ended_before_it_had_read_a_key_is_started_again_whole(
    bucket: RunsBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = finished_run(INVENTORY, status="FAILED", map_run=None, error=INVENTORY_STALE)
    remainder, _ = remainder_and_keys(bucket, run, monkeypatch)
    assert remainder.reason.startswith("it ended before it had read any key, so the whole run is started again")


@pytest.mark.parametrize(
    ("key_source", "words"),
    [
        (LISTING, "the Map Run of night had not read 2 of the 4 listed keys when it ended"),
        (INVENTORY, "the Map Run of night may have ended before it had read every key"),
    ],
)
def test_a_run_with_unread_keys_is_redriven_and_not_retried(
    bucket: RunsBucket, monkeypatch: pytest.MonkeyPatch, key_source: KeySourceName, words: str
) -> None:
    run = _failed_while_reading(bucket, key_source, redrivable=True)
    with pytest.raises(CommandError) as refused:
        remainder_and_keys(bucket, run, monkeypatch)
    assert words in str(refused.value)
    assert "`mapspan redrive local night` continues it" in str(refused.value)


def test_unread_keys_of_a_key_list_are_retried_once_aws_redrives_the_run_no_more(
    bucket: RunsBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = _failed_while_reading(bucket, LISTING, redrivable=False)
    remainder, keys = remainder_and_keys(bucket, run, monkeypatch)
    assert (remainder.keys, sorted(keys)) == (3, ["b", "c", "d"])


def test_an_inventory_run_that_may_have_unread_keys_is_started_again_whole_once_it_cannot_be_redriven(
    bucket: RunsBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = _failed_while_reading(bucket, INVENTORY, redrivable=False)
    remainder, _ = remainder_and_keys(bucket, run, monkeypatch)
    assert (remainder.keys, remainder.run_input) == (None, {})
    assert "it can't be redriven, so the whole run is started again" in remainder.reason


@pytest.mark.parametrize("redrivable", [True, False])
def test_a_run_whose_shards_ended_before_the_listing_is_redriven_or_started_again(
    bucket: RunsBucket, monkeypatch: pytest.MonkeyPatch, *, redrivable: bool
) -> None:
    bucket.list_keys(["a"])
    bucket.write("SUCCEEDED", [succeeded("a")])
    shards = map_run(status="FAILED", items=1, arns=("arn:aws:states:us-east-1:1:mapRun:mapspan/ProcessShard:uuid",))
    run = finished_run(status="FAILED", redrivable=redrivable, map_run=shards)
    if redrivable:
        with pytest.raises(CommandError, match=r"ended before the listing did: .*`mapspan redrive local night`"):
            remainder_and_keys(bucket, run, monkeypatch)
        return
    remainder, _ = remainder_and_keys(bucket, run, monkeypatch)
    assert (remainder.keys, remainder.run_input) == (None, {})
    assert "ended before the listing did: the bucket may have more keys" in remainder.reason


def _failed_while_reading(bucket: RunsBucket, key_source: KeySourceName, *, redrivable: bool) -> FinishedRun:
    """Of four keys two were read: one succeeded and one failed."""
    if key_source == LISTING:
        bucket.list_keys(list("abcd"))
    bucket.write("SUCCEEDED", [succeeded("a"), failed("b")])
    return finished_run(key_source, status="FAILED", redrivable=redrivable, map_run=map_run(status="FAILED", items=2))
