"""Each command that lists, starts, follows or reads a run remembers its name for the shell's completion."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from typer.testing import CliRunner

from environments.files import load
from mapspan.costs.past_selection import PastSelection
from mapspan.deployment import Deployment
from mapspan.main import commands
from mapspan.running.remainder import Remainder
from mapspan.running.seen_runs import seen_runs
from tests.fixtures.fake_caller import FakeCaller
from tests.fixtures.fake_s3 import FakeS3
from tests.fixtures.finished_runs import finished_run

STARTED = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
DEPLOYMENT = Deployment(environment=load("prod"))


class RefusedError(Exception):
    """Stands for the exceptions of boto3's client that no test here raises."""


class MissingError(Exception):
    """Stands for ExecutionDoesNotExist."""


class States:
    """A Step Functions with the executions `june` and `may`, both of which have ended."""

    class exceptions:  # noqa: N801 - as boto3's clients name it
        ExecutionDoesNotExist = MissingError
        ExecutionAlreadyExists = ExecutionNotRedrivable = RefusedError

    def __init__(self, status: str) -> None:
        self._status = status

    def list_executions(self, **_: Any) -> dict[str, Any]:
        return {"executions": [self._item("june"), self._item("may")]}

    def describe_execution(self, *, executionArn: str) -> dict[str, Any]:  # noqa: N803 - as AWS spells it
        name = executionArn.rpartition(":")[2]
        if name not in ("june", "may"):
            raise MissingError
        ended = {} if self._status == "RUNNING" else {"stopDate": STARTED}
        return {**self._item(name), "status": self._status, "redriveStatus": "REDRIVABLE", **ended}

    def start_execution(self, *, name: str, **_: Any) -> dict[str, Any]:
        return {"executionArn": DEPLOYMENT.execution_arn(name)}

    def list_map_runs(self, **_: Any) -> dict[str, Any]:
        return {"mapRuns": []}

    def get_execution_history(self, **_: Any) -> dict[str, Any]:
        return {"events": []}

    def describe_state_machine(self, **_: Any) -> dict[str, Any]:
        return {"definition": "{}"}

    describe_state_machine_for_execution = describe_state_machine

    def stop_execution(self, **_: Any) -> None:
        return

    redrive_execution = stop_execution

    def _item(self, name: str) -> dict[str, Any]:
        arn = DEPLOYMENT.execution_arn(name)
        return {"executionArn": arn, "name": name, "startDate": STARTED, "status": self._status}


def typed(monkeypatch: pytest.MonkeyPatch, command: str, status: str = "FAILED") -> None:
    states = States(status)
    monkeypatch.setattr("mapspan.deployment.find_deployment", lambda _: DEPLOYMENT)
    monkeypatch.setattr(Deployment, "step_functions", lambda _: states)
    monkeypatch.setattr(Deployment, "sts", lambda _: FakeCaller())
    monkeypatch.setattr(Deployment, "s3", lambda _: FakeS3(owner=DEPLOYMENT.environment.target.account_id))
    CliRunner().invoke(commands, command.split())


@pytest.mark.parametrize(
    ("command", "status", "names"),
    [
        ("list prod", "FAILED", ["june", "may"]),
        ("watch prod", "FAILED", ["june"]),
        ("watch prod may", "FAILED", ["may"]),
        ("stop prod may", "RUNNING", ["may"]),
        ("redrive prod may", "FAILED", ["may"]),
        ("run prod --name july", "FAILED", ["july"]),
    ],
)
def test_a_command_remembers_the_runs_that_it_sees(
    monkeypatch: pytest.MonkeyPatch, command: str, status: str, names: list[str]
) -> None:
    typed(monkeypatch, command, status)
    assert seen_runs("prod") == names


@pytest.mark.parametrize("command", ["watch prod juen", "stop prod juen", "redrive prod juen", "report prod juen"])
def test_a_name_that_is_no_run_is_not_remembered(monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    typed(monkeypatch, command)
    assert seen_runs("prod") == []


def test_a_retry_remembers_the_run_and_the_new_one(monkeypatch: pytest.MonkeyPatch) -> None:
    remainder = Remainder(keys=1, reason="1 failed", run_input={"key_list": {"prefix": "key-lists/may/retry/"}})
    monkeypatch.setattr("mapspan.results.finished_run.find_run", lambda *_: finished_run(name="may"))
    monkeypatch.setattr("mapspan.running.remainder.write_remainder", lambda *_: remainder)
    monkeypatch.setattr("uuid.uuid4", lambda: "retry-of-may")
    typed(monkeypatch, "retry prod may --yes")
    assert seen_runs("prod") == ["retry-of-may", "may"]


def test_a_report_remembers_its_run(monkeypatch: pytest.MonkeyPatch) -> None:
    class Report:
        run = finished_run(name="may")

    monkeypatch.setattr("mapspan.results.report.read_report", lambda *_: Report())
    typed(monkeypatch, "report prod may")
    assert seen_runs("prod") == ["may"]


def test_an_estimate_remembers_the_run_that_it_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    past = PastSelection(seen=2, selected=1)
    monkeypatch.setattr("mapspan.costs.past_selection.read_past_selection", lambda *_: past)
    typed(monkeypatch, "estimate prod --from may")
    assert seen_runs("prod") == ["may"]
