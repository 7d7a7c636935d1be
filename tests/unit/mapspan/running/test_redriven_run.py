"""A watch that stays on through a redrive, or starts after one: nothing that it shows at the end was mended before."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from environments.files import load
from mapspan.deployment import Deployment
from mapspan.main import commands
from mapspan.running.progress import Progress
from mapspan.running.watch import Watch
from tests.fixtures.batch_failures import batch_failure_cause
from tests.fixtures.batch_records import written_batch
from tests.fixtures.fake_s3 import FakeS3
from tests.fixtures.fake_states import EXECUTION, MAP_RUN, STARTED, FakeStates, counts

KEYS = 100  # in each batch
OUTCOMES = [{"Key": f"{number}", "Outcome": "Succeeded", "Result": {}} for number in range(KEYS)]
OUTPUT = json.dumps(written_batch(OUTCOMES, FakeS3()))
SUCCEEDED = {"status": "SUCCEEDED", "output": OUTPUT}
AWAITS_REDRIVE = {"status": "PENDING_REDRIVE"}
LEDGER = {"listed": 2 * KEYS, "succeeded": 2 * KEYS, "skipped": 0, "failed": 0, "pending": 0}


def failed(error: str) -> dict[str, str]:
    cause = batch_failure_cause([("2026/a", error, "403: no")] * KEYS)
    return {"status": "FAILED", "error": "BatchFailed", "cause": cause}


class Scene:
    """What Step Functions answers at one poll: the execution's status, its redrives, and its two children."""

    def __init__(self, status: str, redrives: int, *children: dict[str, str], map_run_arn: str = MAP_RUN) -> None:
        self.status = status
        self.redrives = redrives
        self.children = {f"child:{number}": child for number, child in enumerate(children)}
        self.map_run_arn = map_run_arn
        names = {"SUCCEEDED": "succeeded", "FAILED": "failed", "PENDING_REDRIVE": "pendingRedrive"}
        ends = [names[child["status"]] for child in children]
        total = 2
        by_status = {name: ends.count(name) for name in names.values()} | {"running": total - len(ends)}
        self.map_run = {
            "mapRunArn": map_run_arn,
            "status": status,
            "redriveCount": redrives,
            "executionCounts": counts(total=total, **by_status),
            "itemCounts": counts(total=total * KEYS, **{name: KEYS * count for name, count in by_status.items()}),
        }


class RedrivenRun(FakeStates):
    """Each DescribeExecution of the run shows its next scene."""

    class exceptions:  # noqa: N801 - as boto3's clients name it
        ExecutionNotRedrivable = KeyError

    def __init__(self, scenes: Iterable[Scene]) -> None:
        super().__init__([])
        self._scenes = iter(scenes)
        self._scene: Scene | None = None

    def describe_execution(self, *, executionArn: str) -> dict[str, Any]:  # noqa: N803 - boto3's name
        if executionArn not in self.children:
            self._scene = scene = next(self._scenes)
            self._script = iter([scene.status])
            self.map_run, self.children = scene.map_run, scene.children
            output = {"output": json.dumps({"ledger": LEDGER})} if scene.status == "SUCCEEDED" else {}
            redrives = {"redriveCount": scene.redrives, "redriveStatus": "REDRIVABLE"}
            # AWS redrives for 14 days.
            ended = {} if scene.status == "RUNNING" else {"stopDate": datetime.now(UTC)}
            return super().describe_execution(executionArn=executionArn) | redrives | ended | output
        return super().describe_execution(executionArn=executionArn)

    def describe_state_machine(self, **_: Any) -> dict[str, Any]:
        return {"definition": self.definition}

    def redrive_execution(self, **_: Any) -> None:
        return

    def describe_map_run(self, *, mapRunArn: str) -> dict[str, Any]:  # noqa: N803 - boto3's name
        assert self._scene is not None
        assert mapRunArn == self._scene.map_run_arn, "the Map Run of the attempt before"
        return super().describe_map_run(mapRunArn=mapRunArn)

    def list_map_runs(self, **_: Any) -> dict[str, Any]:
        assert self._scene is not None
        newest = {"mapRunArn": self._scene.map_run_arn, "startDate": STARTED + timedelta(hours=1)}
        return {"mapRuns": [{"mapRunArn": MAP_RUN, "startDate": STARTED}, newest]}


def follow(*scenes: Scene) -> list[Progress]:
    states: Any = RedrivenRun(scenes)
    return list(Watch(states, EXECUTION, sleep=lambda _: None).follow())


def shown_failures(progress: Progress) -> dict[str, int]:
    return {failure.error: failure.keys for failure in progress.failures}


BEFORE = Scene("RUNNING", 0, SUCCEEDED, failed("AccessDenied"))
MENDED = Scene("SUCCEEDED", 1, SUCCEEDED, SUCCEEDED)


def test_failures_that_a_redrive_mended_between_two_polls_are_not_shown_again() -> None:
    first, redriven, last = follow(BEFORE, Scene("RUNNING", 1, SUCCEEDED, AWAITS_REDRIVE), MENDED)
    assert shown_failures(first) == {"AccessDenied": KEYS}
    assert (shown_failures(redriven), redriven.keys.failed) == ({}, 0)
    assert shown_failures(last) == {}
    assert (last.keys.succeeded, last.keys.failed, last.keys.pending) == (2 * KEYS, 0, 0)


def test_a_batch_that_fails_again_is_shown_with_its_new_failure() -> None:
    *_, last = follow(BEFORE, Scene("FAILED", 1, SUCCEEDED, failed("ObjectNotFound")))
    assert shown_failures(last) == {"ObjectNotFound": KEYS}
    assert last.keys.failed == KEYS


def test_a_failure_that_was_read_before_its_child_ran_again_is_forgotten_at_the_end() -> None:
    still_listed = Scene("RUNNING", 1, SUCCEEDED, failed("AccessDenied"))
    first, last = follow(still_listed, MENDED)
    assert shown_failures(first) == {"AccessDenied": KEYS}
    assert shown_failures(last) == {}


def test_a_failure_of_a_child_that_was_not_run_again_stays() -> None:
    *_, last = follow(BEFORE, Scene("FAILED", 0, SUCCEEDED, failed("AccessDenied")))
    assert shown_failures(last) == {"AccessDenied": KEYS}


def test_a_redrive_that_starts_a_map_run_of_its_own_is_followed_in_that_one() -> None:
    """As after States.DataLimitExceeded: https://docs.aws.amazon.com/step-functions/latest/dg/redrive-map-run.html."""
    *_, last = follow(BEFORE, Scene("SUCCEEDED", 1, SUCCEEDED, SUCCEEDED, map_run_arn=f"{MAP_RUN}2"))
    assert last.map_run_arns == (f"{MAP_RUN}2",)
    assert last.keys.succeeded == 2 * KEYS


def test_the_rate_of_a_redriven_run_counts_from_the_redrive(monkeypatch: pytest.MonkeyPatch) -> None:
    now = STARTED.timestamp() + 36_000
    monkeypatch.setattr("time.time", lambda: now)
    scenes = [BEFORE, *[Scene("RUNNING", 1, SUCCEEDED)] * 2, Scene("RUNNING", 1, SUCCEEDED, SUCCEEDED)]
    states: Any = RedrivenRun(scenes)
    watch = Watch(states, EXECUTION)
    rates = []
    for _ in scenes:
        rates.append(watch.poll().rate)
        now += 10
    assert rates == [pytest.approx(2 * KEYS / 36_000), 0, 0, pytest.approx(KEYS / 20)]


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Type a command about the run, which shows these scenes."""
    deployment = Deployment(environment=load("local"), local_cloud_url="http://127.0.0.1:9")
    monkeypatch.setattr("mapspan.deployment.find_deployment", lambda _: deployment)
    monkeypatch.setattr("mapspan.running.follow.LOCAL_POLL_SECONDS", 0)
    monkeypatch.setattr("mapspan.running.redrive_command.time.sleep", lambda _: None)

    def run(command: str, *scenes: Scene) -> Result:
        states = RedrivenRun(scenes)
        monkeypatch.setattr(Deployment, "step_functions", lambda _: states)
        return CliRunner().invoke(commands, command.split())

    return run


LAST_LINE = f"ledger: listed {2 * KEYS} = succeeded {2 * KEYS} + skipped 0 + failed 0 + pending 0"


def test_a_run_that_is_redriven_right_after_its_end_is_followed_to_its_new_end(typed: Callable[..., Result]) -> None:
    failed_run = Scene("FAILED", 0, SUCCEEDED, failed("AccessDenied"))
    running = Scene("RUNNING", 1, SUCCEEDED, AWAITS_REDRIVE)
    done = typed("watch local night", failed_run, running, running, MENDED, MENDED)
    assert done.exit_code == 0
    assert done.output.splitlines()[-1] == LAST_LINE
    assert "AccessDenied" not in done.output.rpartition("processing")[2]


def test_a_watch_after_a_redrive_waits_until_step_functions_knows_of_it(typed: Callable[..., Result]) -> None:
    failed_run = Scene("FAILED", 0, SUCCEEDED, failed("AccessDenied"))
    running = Scene("RUNNING", 1, SUCCEEDED, AWAITS_REDRIVE)
    done = typed("redrive local night --watch", failed_run, failed_run, failed_run, running, running, MENDED, MENDED)
    assert done.exit_code == 0
    assert done.output.splitlines()[-1] == LAST_LINE
    assert "AccessDenied" not in done.output
