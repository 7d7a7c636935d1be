"""Distributed Maps inside the iterations of an inline Map: each has a Map Run, and all end and go on together."""

from collections import Counter
from typing import Any

import pytest

from local_cloud.step_functions.descriptions import describe_map_run
from local_cloud.step_functions.errors import StateFailure, Stopped
from local_cloud.step_functions.stop import Stop
from tests.fixtures.gate import EXCEEDED, Gate, soon
from tests.fixtures.maps import distributed, failing_on_any_of
from tests.fixtures.step_functions import Bench, StartBench


def shards(limit: int = 4) -> dict[str, Any]:
    """A machine of an inline Map over arrays, with a Map Run over the items of each."""
    processor = {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": "Each", "States": distributed(MaxConcurrency=1)}
    return {"Shards": {"Type": "Map", "MaxConcurrency": limit, "ItemProcessor": processor, "End": True}}


def statuses(run: Bench) -> list[tuple[str, dict[str, int]]]:
    """The status of each Map Run, and its items by status, in the order of their starts."""
    described = [describe_map_run(map_run) for map_run in run.store.map_runs.values()]
    return [
        (
            one["status"],
            {name: n for name, n in one["itemCounts"].items() if n and name not in ("total", "resultsWritten")},
        )
        for one in described
    ]


def wait_for_ends(run: Bench) -> None:
    """Until the EXPRESS children of all Map Runs have finished."""
    for map_run in run.store.map_runs.values():
        with map_run.children.changed:
            while map_run.status == "RUNNING":
                assert map_run.children.changed.wait(5)


def test_each_iteration_has_a_map_run_of_its_own(bench: StartBench) -> None:
    run = bench(shards())
    assert run.run([[1, 2], [3], []]) == [[1, 2], [3], []]
    assert Counter(status for status, _ in statuses(run)) == {"SUCCEEDED": 3}


def test_a_failed_map_run_ends_the_others_and_a_redrive_goes_on_with_all(bench: StartBench) -> None:
    gate, calls = Gate(slow=1), Counter[str]()
    faults = ["bad"]

    def answer(arguments: Any) -> Any:
        calls[arguments] += 1
        return gate.answer(arguments) if arguments != "bad" or faults else arguments

    run = bench(shards(limit=2), answer=answer)
    with pytest.raises(StateFailure, match=EXCEEDED):
        run.run([["slow", "later"], ["bad", "good"], ["never started"]])
    # The EXPRESS child that was running finishes, and counts.
    soon(gate.open.set)
    faults.clear()
    assert run.run() == [["slow", "later"], ["bad", "good"], ["never started"]]
    assert Counter(status for status, _ in statuses(run)) == {"SUCCEEDED": 3}
    assert calls == {"slow": 1, "later": 1, "bad": 2, "good": 1, "never started": 1}


def test_what_an_ended_run_leaves_is_counted(bench: StartBench) -> None:
    gate = Gate(slow=1)
    run = bench(shards(limit=2), answer=gate.answer)
    soon(gate.open.set, seconds=0.3)
    with pytest.raises(StateFailure, match=EXCEEDED):
        run.run([["slow", "later"], ["bad", "good"], ["never started"]])
    gate.open.set()
    wait_for_ends(run)
    assert sorted(statuses(run), key=str) == [
        ("ABORTED", {"succeeded": 1, "pending": 1}),
        ("FAILED", {"failed": 1, "pending": 1}),
    ]


def test_a_redrive_visits_no_iteration_that_is_done(bench: StartBench) -> None:
    bad = ["b"]
    run = bench(shards(limit=1), answer=failing_on_any_of(bad))
    with pytest.raises(StateFailure, match=EXCEEDED):
        run.run([["a"], ["b"]])
    before = len(run.history.events)
    bad.clear()
    assert run.run() == [["a"], ["b"]]
    indexes = [
        event["mapIterationStartedEventDetails"]["index"]
        for event in run.history.events[before:]
        if event["type"] == "MapIterationStarted"
    ]
    assert indexes == [1]


def test_a_stopped_run_ends_all_map_runs(bench: StartBench) -> None:
    gate, stop = Gate(slow=2), Stop()

    def stop_once_held() -> None:
        gate.wait_for_slow()
        stop.throw()
        gate.open.set()

    run = bench(shards(), answer=gate.answer)
    soon(stop_once_held, seconds=0.0)
    with pytest.raises(Stopped):
        run.run([["slow-1", "later"], ["slow-2", "later"]], stop=stop)
    wait_for_ends(run)
    assert statuses(run) == [("ABORTED", {"succeeded": 1, "pending": 1})] * 2
