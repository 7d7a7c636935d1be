"""The log line of a failed key."""

from __future__ import annotations

import json
import logging
import time
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest

from lambdas.job import Skip
from lambdas.job.bucket import Bucket
from tests.fixtures.batches import invocation_of, run_batch
from tests.fixtures.fake_s3 import FakeS3, refusal

if TYPE_CHECKING:
    from lambdas.job import SourceObject
    from lambdas.process_objects.job_call import Process
    from lambdas.process_objects.outcome import Outcome


def run(process: Process, *keys: str, refused: tuple[str, ...] = (), seconds: float = 60.0) -> list[Outcome]:
    s3 = FakeS3(dict.fromkeys(keys, b"x"), bucket="source")
    s3.refusals = {key: refusal("AccessDenied", "Access Denied") for key in refused}
    invocation = invocation_of(lambda: seconds, request_id="r-1")
    source = Bucket(s3.client, "source", s3.owner)
    return run_batch(("good", *keys), source=source, process=process, invocation=invocation).outcomes


def fail_on(obj: SourceObject) -> None:
    if obj.key == "bad":
        raise ValueError("x" * 1000)
    if obj.key == "skipped":
        raise Skip("nothing to do")


def fields(record: logging.LogRecord) -> dict[str, Any]:
    return {name: record.__dict__[name] for name in ("run", "key", "request_id", "error", "cause")}


def test_each_failed_key_has_one_line_with_its_whole_cause_and_traceback(caplog: pytest.LogCaptureFixture) -> None:
    run(fail_on, "bad", "skipped")
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert fields(record) == {
        "run": "run-1",
        "key": "bad",
        "request_id": "r-1",
        "error": "ProcessorFailed",
        "cause": "ValueError: " + "x" * 1000,
    }
    assert 'raise ValueError("x" * 1000)' in record.__dict__["traceback"]


def test_a_cause_too_long_for_a_line_of_log_keeps_both_ends(caplog: pytest.LogCaptureFixture) -> None:
    def process(obj: SourceObject) -> None:
        if obj.key == "bad":
            raise ValueError("begin" + "x" * 300_000 + "end")

    run(process, "bad")
    cause = fields(caplog.records[0])["cause"]
    assert cause.startswith("ValueError: beginx")
    assert cause.endswith("xend")
    assert 16_000 < len(cause) < 16_384


def test_a_line_of_text_ends_with_the_same_fields(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEXT_LOGS", "true")
    run(fail_on, "bad")
    (record,) = caplog.records
    before, line = record.getMessage().split(": ", 1)
    assert (before, "\n" in line) == ("a key failed", False)
    assert {"run", "key", "request_id", "error", "cause", "traceback"} == json.loads(line).keys()
    assert json.loads(line)["key"] == "bad"


def test_a_failed_read_is_logged_with_where_the_job_read(caplog: pytest.LogCaptureFixture) -> None:
    def process(obj: SourceObject) -> None:
        if obj.key == "denied":
            obj.read()

    run(process, "denied", refused=("denied",))
    (record,) = caplog.records
    assert fields(record)["error"] == "AccessDenied"
    assert "obj.read()" in record.__dict__["traceback"]


def test_a_key_that_is_not_finished_in_time_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    ends, go_on = time.monotonic() + 0.5, Event()

    def hang(obj: SourceObject) -> None:
        if obj.key == "endless":
            go_on.wait(5)

    s3 = FakeS3()
    source, invocation = Bucket(s3.client, "source", s3.owner), invocation_of(lambda: ends - time.monotonic())
    run_batch(["good", "endless"], source=source, process=hang, threads=2, invocation=invocation)
    (record,) = caplog.records
    go_on.set()
    assert (fields(record)["key"], fields(record)["error"]) == ("endless", "OutOfTime")


def test_a_failure_has_the_request_id(caplog: pytest.LogCaptureFixture) -> None:
    outcomes = run(fail_on, "bad", "skipped")
    assert [outcome.get("RequestId") for outcome in outcomes] == [None, "r-1", None]
    assert caplog.records


def test_the_jobs_logger_adds_the_key_and_keeps_what_the_job_adds(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    run(lambda obj: obj.logger.info("read %d", 3, extra={"lines": 3}))
    (record,) = caplog.records
    assert (record.getMessage(), record.__dict__["lines"]) == ("read 3", 3)
    assert (record.__dict__["key"], record.__dict__["run"], record.__dict__["request_id"]) == ("good", "run-1", "r-1")
