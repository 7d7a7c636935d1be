"""A run whose listing goes on in rounds: several listers, several Map Runs, and one ledger whatever strikes it."""

from __future__ import annotations

import contextlib
import json
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from mapspan.running.execution import Execution
from modules.pipeline.workflow.names import PROCESS_SHARD
from tests.e2e.conftest import Cloud
from tests.e2e.ledgers import all_succeeded, times_in_results
from tests.e2e.replaced_lister import lister_that
from tests.e2e.variants import POLL_SECONDS
from tests.fixtures.mapspan_command import Mapspan

PREFIX, KEYS = "2026/shards/", 5_000
# What the tests of faults list: with shards of at most 100 keys, the first 100 are the first round's.
FAULTS, FAULTS_KEYS = "2026/shards-with-faults/", 300

FAILS_WHOLE_SHARDS = """
def process(obj):
    if "/00" in obj.key:
        raise ValueError("broken")
    return {}
"""

FAILS_ONE_IN_A_HUNDRED = """
def process(obj):
    if obj.key.endswith("00"):
        raise ValueError("broken")
    return {}
"""

HOLDS_EVERY_KEY = """
import pathlib, time
def process(obj):
    while not pathlib.Path({gate!r}).exists():
        time.sleep(0.02)
    return {{}}
"""

PROCESSES = """
def process(obj):
    return {}
"""

# A lister of a round writes all of its parts, and one that is wrong; then the function dies.
DIES_ONCE_IN_A_ROUND = """

import pathlib
_STRUCK = pathlib.Path({struck!r})
_list_objects = handler

def handler(event, context):
    answer = _list_objects(event, context)
    if event["most"] is not None and not _STRUCK.exists():
        stale = b'{{"Key": "2026/shards-with-faults/0001"}}\\n{{"Key": "2026/shards-with-faults/not-there"}}\\n'
        LISTING._runs.put_object(Bucket=ENVIRONMENT.runs_bucket, Key=answer["prefix"] + "part-00099.jsonl", Body=stale)
        _STRUCK.touch()
        os._exit(1)
    return answer
"""

IS_DENIED_IN_A_ROUND = """

class AccessDenied(Exception):
    pass

_list_objects = handler

def handler(event, context):
    if event["most"] is not None:
        raise AccessDenied("not any more")
    return _list_objects(event, context)
"""


@contextlib.contextmanager
def shards_of(items: int, cloud: Cloud) -> Iterator[None]:
    """Shards of at most that many keys, and listings that are dealt after their first pages, until the block ends."""
    name = f"{cloud.deployment.environment.prefix}-list-objects"
    variables = cloud.functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    changes = {
        "LISTERS": "4",
        "DEAL_AFTER_SECONDS": "0",
        "MAX_ITEMS_PER_SHARD": str(items),
        "KEYS_PER_PART": str(items // 4),
    }
    cloud.functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables | changes})
    try:
        yield
    finally:
        cloud.functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables})


@pytest.fixture(scope="module")
def keys(cloud: Cloud) -> list[str]:
    """What lies below FAULTS, in order."""
    names = [f"{FAULTS}{number:04}" for number in range(FAULTS_KEYS)]
    cloud.put(dict.fromkeys(names, b"x"))
    return names


@pytest.fixture
def in_small_shards(cloud: Cloud) -> Iterator[None]:
    """The keys below FAULTS are in shards of at most 100."""
    with shards_of(100, cloud):
        yield


def wait_for_map_runs(execution: Execution, cloud: Cloud, count: int) -> None:
    while len(cloud.deployment.step_functions().list_map_runs(executionArn=execution.arn)["mapRuns"]) < count:
        time.sleep(POLL_SECONDS)


def redriven_whole(execution: Execution, cloud: Cloud, keys: list[str]) -> None:
    """A redrive completes the run: each key has one result."""
    with cloud.job(PROCESSES):
        cloud.deployment.step_functions().redrive_execution(executionArn=execution.arn)
        outcome = cloud.finish(execution)
    assert (outcome.status, outcome.cause) == ("SUCCEEDED", None)
    assert outcome.ledger == all_succeeded(FAULTS_KEYS)
    assert times_in_results(cloud, outcome) == Counter(keys)


def test_five_thousand_objects_in_shards_have_one_ledger_in_every_command(
    cloud: Cloud, mapspan: Mapspan, tmp_path: Path
) -> None:
    keys = [f"{PREFIX}{number:04}" for number in range(KEYS)]
    failing = [key for key in keys if key.endswith("00")]
    cloud.put(dict.fromkeys(keys, b"x"))
    with shards_of(1_000, cloud), cloud.job(FAILS_ONE_IN_A_HUNDRED):
        *_, look, ended = mapspan("run", "local", "--prefix", PREFIX, "--name", "shards", "--watch", "--json").objects
    assert ended["ledger"] == {**all_succeeded(KEYS), "succeeded": KEYS - len(failing), "failed": len(failing)}
    items, seen = look["items"], look["keys"]
    assert (items["total"], items["succeeded"], items["pending"] + items["running"]) == (KEYS, KEYS, 0)
    assert seen["failed"] <= len(failing), "of as many batches as the watching had time to read"
    assert seen["succeeded"] <= KEYS - len(failing)

    outcome = Execution(cloud.deployment.execution_arn("shards"), cloud.deployment.step_functions()).outcome()
    map_runs = outcome.output["map_runs"]
    assert len(map_runs) >= 4
    assert all(f"/{PROCESS_SHARD}:" in map_run["MapRunArn"] for map_run in map_runs)
    assert times_in_results(cloud, outcome) == Counter(keys)
    listed = [line["Key"] for line in cloud.lines(outcome.output["key_list"]["prefix"])]
    assert Counter(listed) == Counter(keys)

    assert mapspan("report", "local", "shards", "--json").objects[0]["ledger"] == ended["ledger"]
    table = tmp_path / "shards.jsonl"
    assert mapspan("results", "local", "shards", "--to", str(table)).code == 0
    assert Counter(json.loads(line)["key"] for line in table.read_text().splitlines()) == Counter(keys)
    with cloud.job(PROCESSES):
        [started] = mapspan("retry", "local", "shards", "--yes", "--json").objects
        retried = cloud.finish(Execution(started["execution_arn"], cloud.deployment.step_functions()))
    assert retried.ledger == all_succeeded(len(failing))
    assert times_in_results(cloud, retried) == Counter(failing)


@pytest.mark.usefixtures("in_small_shards")
def test_a_shard_past_its_threshold_fails_the_run_and_a_redrive_completes_it(cloud: Cloud, keys: list[str]) -> None:
    with cloud.job(FAILS_WHOLE_SHARDS):
        execution = cloud.start({"prefix": FAULTS})
        stopped = cloud.finish(execution)
    assert (stopped.status, stopped.error) == ("FAILED", "States.ExceedToleratedFailureThreshold")
    redriven_whole(execution, cloud, keys)


@pytest.mark.usefixtures("in_small_shards")
def test_a_lister_that_died_in_a_round_is_repeated_and_its_leftovers_are_deleted(
    cloud: Cloud, keys: list[str], tmp_path: Path
) -> None:
    struck = tmp_path / "struck"
    with lister_that(DIES_ONCE_IN_A_ROUND.format(struck=str(struck)), cloud), cloud.job(PROCESSES):
        outcome = cloud.run({"prefix": FAULTS})
    assert struck.exists()
    assert Counter(line["Key"] for line in cloud.lines(outcome.output["key_list"]["prefix"])) == Counter(keys)
    assert outcome.ledger == all_succeeded(FAULTS_KEYS)
    assert times_in_results(cloud, outcome) == Counter(keys)


@pytest.mark.usefixtures("in_small_shards")
def test_a_lister_that_is_denied_in_a_round_fails_the_run_and_a_redrive_completes_it(
    cloud: Cloud, keys: list[str]
) -> None:
    with lister_that(IS_DENIED_IN_A_ROUND, cloud), cloud.job(PROCESSES):
        execution = cloud.start({"prefix": FAULTS})
        stopped = cloud.finish(execution)
    assert (stopped.status, stopped.error) == ("FAILED", "AccessDenied")
    redriven_whole(execution, cloud, keys)


@pytest.mark.usefixtures("in_small_shards")
def test_a_run_that_is_stopped_in_a_round_is_redriven_whole(
    cloud: Cloud, mapspan: Mapspan, keys: list[str], tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    with cloud.job(HOLDS_EVERY_KEY.format(gate=str(gate))):
        execution = cloud.start({"prefix": FAULTS})
        wait_for_map_runs(execution, cloud, 1)
        assert f"{execution.name} is stopped" in mapspan("stop", "local", execution.name).out
        gate.touch()
    watched = mapspan("watch", "local", execution.name)
    assert (watched.code, "no ledger: the execution ended before" in watched.out) == (4, True)
    report = mapspan("report", "local", execution.name).out
    assert "the listing did not finish: the bucket may have more keys than were listed" in " ".join(report.split())
    refused = mapspan("retry", "local", execution.name, "--yes")
    assert (refused.code, f"mapspan redrive local {execution.name}" in refused.err) == (1, True)
    redriven_whole(execution, cloud, keys)


@pytest.mark.usefixtures("in_small_shards")
def test_results_denied_half_way_fail_the_run_and_a_redrive_completes_it(
    cloud: Cloud, keys: list[str], tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    with cloud.job(HOLDS_EVERY_KEY.format(gate=str(gate))):
        execution = cloud.start({"prefix": FAULTS})
        wait_for_map_runs(execution, cloud, 1)
        with cloud.without_role_policy("mapspan-local-state-machine", "write-results"):
            gate.touch()
            stopped = cloud.finish(execution)
    assert (stopped.status, stopped.error) == ("FAILED", "States.ResultWriterFailed")
    redriven_whole(execution, cloud, keys)
