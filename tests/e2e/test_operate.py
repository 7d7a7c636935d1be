"""The commands that operate a run, against the deployed local environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from mapspan.running.execution import Execution
from tests.e2e.conftest import Cloud
from tests.fixtures.mapspan_command import Mapspan

ONE_IN_A_HUNDRED_FAILS = """
def process(obj):
    if obj.key.endswith("00"):
        raise ValueError("poisoned")
    return {}
"""

WHOLE_BATCHES_FAIL = """
def process(obj):
    raise ValueError("broken")
"""

# Functions run on this machine: a file lets them go on.
HOLDS_EVERY_KEY = """
import pathlib, time
def process(obj):
    while not pathlib.Path({gate!r}).exists():
        time.sleep(0.02)
    return {{}}
"""


def test_a_run_that_is_watched_ends_with_its_ledger(cloud: Cloud, mapspan: Mapspan) -> None:
    cloud.put({f"2026/watched/{number:03}": b"x" for number in range(300)})
    with cloud.job(ONE_IN_A_HUNDRED_FAILS):
        done = mapspan("run", "local", "--prefix", "2026/watched/", "--name", "watched", "--watch")
    assert done.code == 0
    first, *_, last = done.out.splitlines()
    assert first == "execution watched started"
    assert "00: ValueError: poisoned (ProcessorFailed, " in done.out
    [ended] = [line for line in done.out.splitlines() if " s  ended  " in line]
    assert "keys:  succeeded 297  skipped 0  failed 3  pending 0" in ended, "as the ledger below it"
    assert "  failures  ProcessorFailed 3" in done.out
    assert last == "ledger: listed 300 = succeeded 297 + skipped 0 + failed 3 + pending 0"

    again = mapspan("watch", "local", "watched")
    assert (again.code, again.out.splitlines()[-1]) == (0, last), "watching a finished run shows the same"
    assert "watched" in mapspan("list", "local").out
    [listed] = [each for each in mapspan("list", "local", "--json").objects if each["name"] == "watched"]
    assert listed["ledger"] == {"listed": 300, "succeeded": 297, "skipped": 0, "failed": 3, "pending": 0}
    refused = mapspan("redrive", "local", "watched")
    assert refused.code == 1
    assert "mapspan: watched succeeded, and AWS does not redrive successful executions" in refused.err


def test_json_is_one_object_a_line_from_start_to_ledger(cloud: Cloud, mapspan: Mapspan) -> None:
    cloud.put({f"2026/json/{number:03}": b"x" for number in range(30)})
    done = mapspan("run", "local", "--prefix", "2026/json/", "--max-keys", "20", "--watch", "--json")
    started, *looks, outcome = done.objects
    assert started["input"] == {"prefixes": ["2026/json/"], "max_keys": 20}
    assert {look["event"] for look in looks} == {"progress"}
    assert outcome["ledger"] == {"listed": 20, "succeeded": 20, "skipped": 0, "failed": 0, "pending": 0}


def test_a_run_failed_by_its_ledger_shows_the_ledger_and_exits_with_1(cloud: Cloud, mapspan: Mapspan) -> None:
    cloud.put({f"2026/verdict/{number}00": b"x" for number in range(5)})
    cloud.put({f"2026/verdict/{number}": b"x" for number in range(5)})
    with cloud.job(ONE_IN_A_HUNDRED_FAILS):
        done = mapspan("run", "local", "--prefix", "2026/verdict/", "--name", "verdict", "--watch")
    assert done.code == 1
    assert done.out.splitlines()[-1] == "ledger: listed 10 = succeeded 5 + skipped 0 + failed 5 + pending 0"
    assert "5 keys in key-lists/verdict/retry/" in done.out
    refused = mapspan("redrive", "local", "verdict")
    assert "verdict failed its verdict (TooManyFailedObjects)" in refused.err


def test_failed_batches_are_reported_by_cause_and_redriven(cloud: Cloud, mapspan: Mapspan) -> None:
    cloud.put({f"2026/broken/{number:03}": b"x" for number in range(50)})
    with cloud.job(WHOLE_BATCHES_FAIL):
        failed = mapspan("run", "local", "--prefix", "2026/broken/", "--name", "broken", "--watch", "--json")
    assert failed.code == 1
    *_, last, outcome = failed.objects
    [cause] = last["failures"]
    assert (cause["error"], cause["keys"]) == ("ProcessorFailed", 50)
    assert "ValueError: broken" in cause["cause"]
    assert outcome["error"] == "States.ExceedToleratedFailureThreshold"

    mended = mapspan("redrive", "local", "broken", "--watch")
    assert mended.code == 0
    assert mended.out.splitlines()[-1] == "ledger: listed 50 = succeeded 50 + skipped 0 + failed 0 + pending 0"


def test_a_second_run_of_the_same_name_is_refused_and_leaves_the_first_alone(
    cloud: Cloud, mapspan: Mapspan, tmp_path: Path
) -> None:
    cloud.put({f"2026/same-name/{number:03}": b"x" for number in range(120)})
    gate = tmp_path / "gate"
    run = ("run", "local", "--prefix", "2026/same-name/", "--name", "same-name")
    with cloud.job(HOLDS_EVERY_KEY.format(gate=str(gate))):
        arn = mapspan(*run, "--json").objects[0]["execution_arn"]
        while_it_runs = mapspan(*run)
        gate.touch()
        outcome = cloud.finish(Execution(arn, cloud.deployment.step_functions()))
    after_its_end = mapspan(*run)
    assert (while_it_runs.code, after_its_end.code) == (1, 1)
    assert while_it_runs.err.startswith("mapspan: local already has an execution same-name (RUNNING")
    assert after_its_end.err.startswith("mapspan: local already has an execution same-name (SUCCEEDED")
    assert outcome.ledger == {"listed": 120, "succeeded": 120, "skipped": 0, "failed": 0, "pending": 0}
    assert len({line["Key"] for line in cloud.results(outcome)}) == len(cloud.results(outcome)) == 120


def test_a_stopped_run_is_reported_as_stopped(cloud: Cloud, mapspan: Mapspan, tmp_path: Path) -> None:
    cloud.put({f"2026/stopped/{number:03}": b"x" for number in range(120)})
    gate = tmp_path / "gate"
    with cloud.job(HOLDS_EVERY_KEY.format(gate=str(gate))):
        assert mapspan("run", "local", "--prefix", "2026/stopped/", "--name", "stopped").code == 0
        assert "stopped is stopped" in mapspan("stop", "local", "stopped").out
        gate.touch()
    watched = mapspan("watch", "local", "stopped")
    assert watched.code == 4
    assert watched.out.splitlines()[-1].startswith("no ledger: the execution ended before")
    assert "stopped is not running: it is ABORTED" in mapspan("stop", "local", "stopped").err


def test_a_run_of_a_wrong_input_is_neither_retried_nor_redriven(cloud: Cloud, mapspan: Mapspan) -> None:
    run = cloud.start({"prefx": "2026/"})
    assert cloud.finish(run).error == "InvalidInput"
    retry = mapspan("retry", "local", run.name, "--yes")
    assert retry.code == 1
    assert 'nothing was started in local: input: "prefx" is not a field of it' in retry.err
    assert f"{run.name} failed before any key was tried (InvalidInput)" in mapspan("redrive", "local", run.name).err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("run", "nowhere"), "no such environment (existing: dev, local, prod, staging)"),
        (("run", "local", "--prefix", "2025/"), "is outside of what this environment may list"),
        (("run", "local", "--name", "a b"), "use 1 to 80 of the characters"),
        (("watch", "local", "nothing"), "local has no execution nothing"),
        (("watch", "local", "arn:aws:states:eu-west-1:1:execution:x:y"), "is not an execution of local"),
        (("stop", "local", "nothing"), "local has no execution nothing"),
        (("redrive", "local", "nothing"), "local has no execution nothing"),
    ],
)
def test_a_wrong_argument_is_answered_in_one_sentence(
    mapspan: Mapspan, arguments: tuple[str, ...], sentence: str
) -> None:
    done = mapspan(*arguments)
    assert done.code == 1
    assert done.err.startswith("mapspan: ")
    assert sentence in done.err
    assert len(done.err.strip().splitlines()) == 1


def test_without_a_local_cloud_the_error_names_the_command_that_starts_one(mapspan: Mapspan, started: Path) -> None:
    started.unlink()
    assert "start one with `mapspan local start`" in mapspan("list", "local").err
