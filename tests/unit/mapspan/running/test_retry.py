"""What a run left undone becomes a key list of its own."""

from __future__ import annotations

import json

import pytest

from environments.files import load
from mapspan.deployment import Deployment
from mapspan.results.finished_run import FinishedRun
from mapspan.running.retry import Remainder, remainder
from tests.fixtures.fake_s3 import FakeS3
from tests.fixtures.finished_runs import RunsBucket, child, failed, finished_run, succeeded

RETRY = {"key_list": {"prefix": "key-lists/night/retry/"}}


@pytest.fixture
def bucket() -> RunsBucket:
    return RunsBucket()


def left(bucket: RunsBucket, run: FinishedRun, monkeypatch: pytest.MonkeyPatch) -> tuple[Remainder, list[str]]:
    """The remainder, and the keys of the retry list."""
    found = Deployment(environment=load("local"))
    s3: FakeS3 = bucket.s3
    s3.objects = {(found.runs_bucket, key): body for (_, key), body in s3.objects.items()}
    monkeypatch.setattr(Deployment, "s3", lambda _: s3.client)
    answer = remainder(found, run)
    parts = s3.below(found.runs_bucket, "key-lists/night/retry/").values()
    return answer, [json.loads(line)["Key"] for part in parts for line in part.split(b"\n") if line]


def test_a_stopped_run_leaves_what_failed_and_what_was_never_tried(
    bucket: RunsBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.list_keys(list("abcdef"))
    bucket.leave("key-lists/night/retry/part-003-00000.jsonl", [{"Key": "stale"}])
    bucket.write("SUCCEEDED", [succeeded("a"), failed("b")])
    bucket.write("FAILED", [child(["c"], Status="ABORTED")])
    answer, keys = left(bucket, finished_run(status="ABORTED"), monkeypatch)
    assert (answer.keys, answer.run_input) == (5, RETRY)
    assert answer.why == "5 of 6 keys to retry: 2 failed, 3 never tried"
    assert sorted(keys) == list("bcdef")


def test_a_run_that_tolerated_failures_has_its_list_already(
    bucket: RunsBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.list_keys(["b"], prefix="key-lists/night/retry/")
    output = {
        "ledger": {"listed": 9, "succeeded": 8, "failed": 1, "pending": 0},
        "retry": {"prefix": "key-lists/night/retry/", "keys": 1},
    }
    answer, keys = left(bucket, finished_run(output=output), monkeypatch)
    assert (answer.keys, answer.run_input, keys) == (1, RETRY, ["b"])
    assert bucket.s3.reads == [], "a list of millions isn't made twice"


def test_a_clean_run_leaves_nothing(bucket: RunsBucket, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket.list_keys(["a", "b"])
    bucket.write("SUCCEEDED", [succeeded("a"), succeeded("b")])
    answer, keys = left(bucket, finished_run(status="FAILED"), monkeypatch)
    assert (answer.keys, keys) == (0, [])
    assert answer.why == "nothing to retry: all 2 keys succeeded"


def test_a_listing_that_did_not_finish_is_begun_again_whole(
    bucket: RunsBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A retry of the keys it listed would lose those it didn't come to."""
    bucket.list_keys(["a"])
    run = finished_run(status="FAILED", map_run=None, run_input={"prefix": "2026/"})
    answer, keys = left(bucket, run, monkeypatch)
    assert (answer.keys, answer.run_input, keys) == (None, {"prefix": "2026/"}, [])
