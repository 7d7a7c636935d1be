"""A run with shards has several Map Runs: a watcher counts them as one, and asks AWS no more often than for one."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from mapspan.running.map_run_list import list_map_runs
from mapspan.running.progress import ItemCounts, Progress
from mapspan.running.watch import Watch
from modules.pipeline.workflow.names import SUMMARIZE_RUN
from tests.fixtures.batch_records import written_batch
from tests.fixtures.fake_s3 import FakeS3
from tests.fixtures.fake_states import EXECUTION, MAP_RUN, SHARD, STARTED, FakeStates, counts

SHARDS = [f"{SHARD}{number}" for number in range(3)]


def shard(status: str = "RUNNING", *, items: dict[str, int], children: dict[str, int] | None = None) -> dict[str, Any]:
    stopped = {} if status == "RUNNING" else {"stopDate": STARTED + timedelta(seconds=50)}
    return {"status": status, "itemCounts": counts(**items), "executionCounts": counts(**children or {}), **stopped}


def follow(states: FakeStates) -> tuple[list[Progress], list[float]]:
    pauses: list[float] = []
    client: Any = states
    return list(Watch(client, EXECUTION, sleep=pauses.append).follow(1.0)), pauses


def test_one_map_run_is_described_at_each_poll_in_turn_and_all_that_did_not_succeed_at_the_end() -> None:
    states = FakeStates([*["RUNNING"] * 4, "ABORTED"])
    states.shards = {arn: shard(items={"total": 100, "running": 100}) for arn in SHARDS}
    _, pauses = follow(states)
    assert states.described[:4] == [*SHARDS, SHARDS[0]]
    assert sorted(states.described[4:]) == SHARDS
    assert pauses == [1.0] * (4 + 2), "a pause after each of four polls, and between the three calls of the last one"


def test_the_counts_of_all_shards_are_added_up() -> None:
    states = FakeStates([*["RUNNING"] * 3, "SUCCEEDED"])
    states.shards = {
        arn: shard("SUCCEEDED", items={"total": 100, "succeeded": 100}, children={"succeeded": 1}) for arn in SHARDS
    }
    outcomes: list[dict[str, Any]] = [{"Key": "a", "Outcome": "Succeeded", "Result": {}}] * 99
    outcomes += [{"Key": "b", "Outcome": "Failed", "Error": "AccessDenied", "Cause": "no"}]
    output = json.dumps(written_batch(outcomes, FakeS3()))
    states.children = {"child:1": {"status": "SUCCEEDED", "output": output}}
    polls, _ = follow(states)
    last = polls[-1]
    assert last.items == ItemCounts(total=300, succeeded=300)
    assert last.children["succeeded"] == 3
    assert (last.keys.succeeded, last.keys.failed, last.keys.pending) == (297, 3, 0)
    assert [(failure.error, failure.keys) for failure in last.failures] == [("AccessDenied", 3)]
    assert last.map_run_arns == tuple(SHARDS)
    assert last.rate == 300 / 50


def test_a_shard_that_succeeded_is_not_described_again() -> None:
    states = FakeStates([*["RUNNING"] * 9, "SUCCEEDED"])
    states.shards = {arn: shard("SUCCEEDED", items={"total": 1}) for arn in SHARDS[:2]}
    states.shards[SHARDS[2]] = shard(items={"total": 1, "running": 1})
    follow(states)
    assert states.described == [*SHARDS, *[SHARDS[2]] * 7]


def test_a_shard_that_starts_later_is_found() -> None:
    states = FakeStates(["RUNNING", "RUNNING", "SUCCEEDED"])
    states.shards = {SHARDS[0]: shard("SUCCEEDED", items={"total": 1, "succeeded": 1})}
    client: Any = states
    watch = Watch(client, EXECUTION, sleep=lambda _: None)
    assert watch.poll().items.total == 1
    states.shards[SHARDS[1]] = shard(items={"total": 5, "running": 5})
    assert watch.poll().items.total == 6


def test_shards_are_processed_until_the_summary_begins() -> None:
    states = FakeStates(["RUNNING", "RUNNING", "SUCCEEDED"])
    states.shards = {SHARDS[0]: shard("SUCCEEDED", items={"total": 1, "succeeded": 1})}
    client: Any = states
    watch = Watch(client, EXECUTION, sleep=lambda _: None)
    assert watch.poll().phase == "processing", "a lister may open another shard"
    states.events = [{"type": "TaskStateEntered", "stateEnteredEventDetails": {"name": SUMMARIZE_RUN}}]
    assert watch.poll().phase == "adding up"


class MapRunList:
    """ListMapRuns, with the Map Runs of an execution in no order."""

    def __init__(self, *arns: str) -> None:
        self._arns = arns

    def list_map_runs(self, **_: Any) -> dict[str, Any]:
        entries = [
            {"mapRunArn": arn, "startDate": STARTED + timedelta(seconds=number)}
            for number, arn in enumerate(self._arns)
        ]
        return {"mapRuns": entries[::-1]}


def test_of_a_run_without_shards_the_newest_map_run_counts_and_of_a_run_with_shards_every_one() -> None:
    one: Any = MapRunList(f"{MAP_RUN}-1", f"{MAP_RUN}-2")
    several: Any = MapRunList(*SHARDS)
    assert list_map_runs(one, EXECUTION) == [f"{MAP_RUN}-2"]
    assert list_map_runs(several, EXECUTION) == SHARDS
