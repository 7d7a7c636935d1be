"""`mapspan explain` and `mapspan logs`, without permission to read the log, and while a run is still going on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from environments.files import load
from mapspan.deployment import Deployment
from mapspan.main import commands
from mapspan.results.run_definition import RunDefinition
from modules.pipeline.workflow.names import LISTING
from tests.fixtures.batch_failures import batch_failure_cause
from tests.fixtures.fake_logs import FakeLogs
from tests.fixtures.fake_states import FakeStates, refused
from tests.fixtures.finished_runs import OWNER, STARTED, RunsBucket, child, failed, finished_run

DEPLOYMENT = Deployment(environment=load("local"), local_cloud_url="http://127.0.0.1:9")
GROUP = "/aws/lambda/mapspan-local-process-objects"
REQUEST = "11111111-1111-1111-1111-111111111111"
KEYS = ["2026/a", "2026/b", "2026/batch"]


class History:
    """A Step Functions whose one child execution called its function twice."""

    def __init__(self, refusal: Exception | None = None) -> None:
        self.refusal = refusal

    def get_paginator(self, _: str) -> History:
        return self

    def paginate(self, **_: Any) -> Iterator[dict[str, Any]]:
        if self.refusal:
            raise self.refusal
        yield {"events": [{"type": "TaskScheduled"}, {"type": "TaskFailed"}]}
        yield {"events": [{"type": "TaskScheduled"}]}


@pytest.fixture
def logs(monkeypatch: pytest.MonkeyPatch) -> FakeLogs:
    logs = FakeLogs(GROUP)
    logs.write(STARTED + timedelta(seconds=60), "stream", f"START RequestId: {REQUEST}")
    fields = {"run": "night", "key": "2026/a", "request_id": REQUEST, "error": "ProcessorFailed"}
    logs.write_failure(STARTED + timedelta(seconds=61), "stream", **fields, cause="ValueError: no price", traceback="T")
    logs.write(STARTED + timedelta(seconds=62), "stream", f"REPORT RequestId: {REQUEST}")
    monkeypatch.setattr(Deployment, "logs", lambda _: logs)
    return logs


@pytest.fixture
def explain(monkeypatch: pytest.MonkeyPatch, logs: FakeLogs) -> Callable[..., Result]:  # noqa: ARG001 - explain reads them
    """Type `mapspan explain local night` with a key: one failed, one was never tried, the batch of one failed."""
    bucket = RunsBucket(DEPLOYMENT.runs_bucket)
    assert DEPLOYMENT.environment.target.account_id == OWNER
    bucket.list_keys(KEYS)
    bucket.write("SUCCEEDED", [failed("2026/a", "ValueError: no price") | {"RequestId": REQUEST}])
    child_fields = {"ExecutionArn": "arn:child", "Status": "FAILED", "StartDate": "2026-11-21T02:01:00Z"}
    cause = batch_failure_cause([("2026/batch", "AccessDenied", "403: no")])
    bucket.write("FAILED", [child(["2026/batch"], **child_fields, Error="BatchFailed", Cause=cause)])
    run = finished_run(definition=RunDefinition(key_source=LISTING, execution_type="STANDARD"))
    monkeypatch.setattr("mapspan.results.keys.explanation.find_deployment", lambda _: DEPLOYMENT)
    monkeypatch.setattr("mapspan.results.keys.explanation.find_run", lambda *_: run)
    monkeypatch.setattr(Deployment, "s3", lambda _: bucket.s3.client)
    monkeypatch.setattr(Deployment, "step_functions", lambda _: History())
    return lambda key, *options: CliRunner().invoke(commands, ["explain", "local", "night", key, *options])


def test_explain_shows_the_outcome_the_line_of_the_list_and_the_log(explain: Callable[..., Result]) -> None:
    shown = explain("2026/a").stdout
    for text in (
        '"2026/a"\n',
        "failed  ProcessorFailed\n",
        "line 1 of key-lists/night/listed/part-000-00000.jsonl",
        "log       1 try\n",
        "a key failed: ProcessorFailed: ValueError: no price\n",
        "next      mapspan retry local night\n",
    ):
        assert text in shown


@pytest.mark.parametrize("operation", ["DescribeLogGroups", "FilterLogEvents"])
def test_explain_without_permission_to_read_the_log_says_so_and_shows_the_rest(
    explain: Callable[..., Result], logs: FakeLogs, operation: str
) -> None:
    logs.refused = {operation}
    done = explain("2026/a")
    denied = f"AWS denied access: User: someone is not authorized to perform: logs:{operation}"
    assert done.exit_code == 0
    assert f"log       {denied}: check which account and role you are logged in to\n" in done.stdout
    assert "a key failed" not in done.stdout
    for text in ("cause     ValueError: no price\n", "line 1 of key-lists/night/", "mapspan retry local night\n"):
        assert text in done.stdout
    as_json = json.loads(explain("2026/a", "--json").stdout)
    assert (as_json["outcome"], as_json["log"]) == ("failed", [])
    assert as_json["log_missing"].startswith(denied)


def test_explain_without_permission_to_read_a_childs_history_leaves_out_its_calls(
    explain: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "1 key, FAILED, 2026-11-21 02:01:00, 0 redrives, 2 calls of the function" in explain("2026/batch").stdout
    monkeypatch.setattr(Deployment, "step_functions", lambda _: History(refused("AccessDeniedException", "no")))
    done = explain("2026/batch")
    assert done.exit_code == 0
    assert "0 redrives\narn:child" in done.stdout.replace(" " * 10, "")


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch, logs: FakeLogs) -> FakeLogs:
    """The log of a run that began two minutes ago and is still going on: two keys have failed so far, one twice."""
    now = datetime.now(UTC)
    logs.events.clear()
    for seconds, key in ((90, "2026/a"), (60, "2026/b"), (0, "2026/a")):
        fields = {"run": "night", "key": key, "request_id": REQUEST, "error": "ProcessorFailed", "traceback": "T"}
        logs.write_failure(now - timedelta(seconds=seconds), "stream", **fields, cause=f"{seconds} seconds ago")
    logs.write_failure(now, "stream", run="another", key="2026/c", request_id=REQUEST, error="E", cause="c")
    states = FakeStates(["RUNNING"] * 9)
    described = states.describe_execution
    monkeypatch.setattr(
        states, "describe_execution", lambda **names: described(**names) | {"startDate": now - timedelta(seconds=120)}
    )
    monkeypatch.setattr(Deployment, "step_functions", lambda _: states)
    monkeypatch.setattr("mapspan.results.keys.run_log_display.find_deployment", lambda _: DEPLOYMENT)
    return logs


def typed(*options: str) -> Result:
    return CliRunner().invoke(commands, ["logs", "local", "night", *options])


@pytest.mark.usefixtures("running")
def test_logs_of_a_run_that_is_still_going_on_shows_what_failed_until_now() -> None:
    done = typed()
    assert done.exit_code == 0
    for text in ('"2026/a"\n', '"2026/b"\n', "90 seconds ago", "60 seconds ago", ": 0 seconds ago"):
        assert text in done.stdout
    assert "2026/c" not in done.stdout


@pytest.mark.usefixtures("running")
def test_logs_of_a_run_that_is_still_going_on_counts_the_keys_that_it_leaves_out() -> None:
    done = typed("--limit", "1")
    assert '"2026/b"' not in done.stdout
    assert "1 more keys failed: --limit shows more of them" in done.stderr


def test_logs_of_a_run_without_failures_until_now_says_so(running: FakeLogs) -> None:
    del running.events[:3]
    done = typed()
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr.endswith("no key of night failed\n")


def test_logs_without_permission_is_an_error_that_names_the_permission(running: FakeLogs) -> None:
    running.refused = {"FilterLogEvents"}
    assert "not authorized to perform: logs:FilterLogEvents" in str(typed("--key", "2026/a").exception)
