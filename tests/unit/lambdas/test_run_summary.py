"""SummarizeRun writes a small summary of the run, and its verdict doesn't depend on it."""

from __future__ import annotations

import importlib
import json
from types import ModuleType
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError

from lambdas.summarize_run.run_summary import RUN_SUMMARIES, run_summary_key
from modules.pipeline.workflow import names
from tests.fixtures.batch_records import written_batch
from tests.fixtures.fake_s3 import FakeS3, refusal
from tests.fixtures.finished_runs import failed, skipped, succeeded

OWNER = "111111111111"
RUN: dict[str, Any] = {
    "started": "2026-11-21T02:00:00.000Z",
    "started_by": "schedule",
    "execution_type": "EXPRESS",
    "seen": 9,
    "looked_from": None,
    "looked_until": "2026-11-21T02:00:01Z",
}
LEDGER = {"listed": 4, "succeeded": 2, "skipped": 1, "failed": 1, "pending": 0}


class Context:
    """Lambda's context, with this much time left at each look."""

    def __init__(self, *milliseconds: int) -> None:
        self._milliseconds = list(milliseconds)

    def get_remaining_time_in_millis(self) -> int:
        return self._milliseconds.pop(0) if self._milliseconds else 60_000


@pytest.fixture
def s3() -> FakeS3:
    fake = FakeS3(owner=OWNER)
    files = {
        "map-runs/night/uuid/manifest.json": {"ResultFiles": {"SUCCEEDED": [{"Key": "first"}, {"Key": "second"}]}},
        "first": written_batch([succeeded("a"), failed("b")], fake),
        "second": written_batch([succeeded("c"), skipped("d")], fake),
    }
    for key, document in files.items():
        fake.objects["runs", key] = json.dumps(document).encode() + b"\n"
    return fake


@pytest.fixture
def handler(s3: FakeS3, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setenv("RUNS_BUCKET", "runs")
    monkeypatch.setenv("RUNS_ACCOUNT_ID", OWNER)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    module = importlib.import_module("lambdas.summarize_run.handler")
    monkeypatch.setattr(module, "S3", s3.client)
    return module


def event(**changes: Any) -> dict[str, Any]:
    manifest = {"Bucket": "runs", "Key": "map-runs/night/uuid/manifest.json"}
    return {
        "execution_name": "night",
        "run": RUN,
        "listed": 4,
        "key_list": {"prefix": "key-lists/night/listed/"},
        "map_runs": [{"MapRunArn": "arn", "ResultWriterDetails": manifest}],
        "checkpoint": None,
        **changes,
    }


def test_summaries_lie_where_the_workflow_says() -> None:
    assert RUN_SUMMARIES == names.RUN_SUMMARIES
    assert run_summary_key("night") == "run-summaries/night.json"


def test_the_last_invocation_writes_the_summary(handler: ModuleType, s3: FakeS3) -> None:
    result = handler.handler(event(), Context())
    assert (result["checkpoint"], result["run_summary_error"]) == (None, None)
    assert s3.json("run-summaries/night.json") == {
        "run": RUN,
        "given_key_list": False,
        "ledger": LEDGER,
        "failures": {"ProcessorFailed": 1},
        "skips": {"not a CSV": 1},
        "retry_keys": 1,
        "processing": {
            "children": 2,
            "seconds": 19.0,
            "started": "2026-11-21T02:01:00.000+00:00",
            "stopped": "2026-11-21T02:01:09.500+00:00",
        },
    }


def test_an_invocation_that_runs_out_of_time_leaves_the_summary_to_the_last(handler: ModuleType, s3: FakeS3) -> None:
    unfinished = handler.handler(event(), Context(60_000, 0))
    assert unfinished["checkpoint"]["processing"]["children"] == 1
    assert unfinished["run_summary_error"] is None
    assert s3.below("runs", RUN_SUMMARIES) == {}
    checkpoint = json.loads(json.dumps(unfinished["checkpoint"]))
    assert handler.handler(event(checkpoint=checkpoint), Context())["ledger"] == LEDGER
    assert s3.json("run-summaries/night.json")["processing"]["children"] == 2


def test_a_key_list_that_the_input_named_is_known_to_be_one(handler: ModuleType, s3: FakeS3) -> None:
    handler.handler(event(listed=None), Context())
    assert s3.json("run-summaries/night.json")["given_key_list"] is True


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (refusal("AccessDenied", "no identity-based policy allows it", "PutObject"), "ClientError: An error occurred"),
        (ConnectTimeoutError(endpoint_url="https://s3"), "ConnectTimeoutError: Connect timeout"),
    ],
)
def test_a_summary_that_cannot_be_written_is_logged_and_named_and_keeps_the_ledger(
    handler: ModuleType,
    s3: FakeS3,
    capsys: pytest.CaptureFixture[str],
    error: Exception,
    words: str,
) -> None:
    put_object = s3.put_object

    def refuse(**request: Any) -> dict[str, Any]:
        if request["Key"].startswith(RUN_SUMMARIES):
            raise error
        return put_object(**request)

    s3.put_object = refuse  # type: ignore[method-assign]  # one key alone is refused
    result = handler.handler(event(), Context())
    assert result["ledger"] == LEDGER
    assert result["retry"] == {"prefix": "key-lists/night/retry/", "keys": 1}
    assert result["run_summary_error"].startswith(words)
    logged = capsys.readouterr().err
    assert "Traceback" in logged
    assert str(error) in logged


def test_the_keys_to_retry_are_not_worth_less_than_the_summary(handler: ModuleType, s3: FakeS3) -> None:
    s3.refused_puts = refusal("AccessDenied")
    with pytest.raises(type(s3.refused_puts)):
        handler.handler(event(), Context())
