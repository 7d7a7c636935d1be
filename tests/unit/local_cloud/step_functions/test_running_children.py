"""Children that still run when a Map Run fails or its execution is stopped."""

import threading
import time

import pytest

from local_cloud.step_functions.descriptions import describe_map_run
from local_cloud.step_functions.errors import StateFailure, Stopped
from local_cloud.step_functions.stop import Stop
from tests.fixtures.gate import EXCEEDED, Gate, soon
from tests.fixtures.maps import WRITER, distributed
from tests.fixtures.step_functions import Bench, FakeRole, StartBench


def item_counts(run: Bench) -> dict[str, int]:
    counts = describe_map_run(run.map_run)["itemCounts"]
    return {name: count for name, count in counts.items() if count and name != "resultsWritten"}


def test_express_children_finish_after_the_threshold_and_count_as_what_they_became(bench: StartBench) -> None:
    gate = Gate(slow=2)
    role = FakeRole(refused={"states:StopExecution"})
    run = bench(distributed(MaxConcurrency=3, ResultWriter=WRITER), answer=gate.answer, role=role)
    soon(gate.open.set)
    with pytest.raises(StateFailure, match=EXCEEDED):
        run.run(["slow", "slow-bad", "bad", "late"])
    assert item_counts(run) == {"succeeded": 1, "failed": 2, "pending": 1, "total": 4}
    assert role.s3.lines("SUCCEEDED_0.jsonl") == ["slow"]
    assert [failed["Input"] for failed in role.s3.lines("FAILED_0.jsonl")] == ['"slow-bad"', '"bad"']
    assert [pending["Input"] for pending in role.s3.lines("PENDING_0.jsonl")] == ['"late"']


def test_standard_children_are_stopped_after_the_threshold(bench: StartBench) -> None:
    gate = Gate(slow=1)
    run = bench(distributed(kind="STANDARD", MaxConcurrency=2), answer=gate.answer)
    with pytest.raises(StateFailure, match=EXCEEDED):
        run.run(["slow", "bad", "late"])
    assert item_counts(run) == {"aborted": 1, "failed": 1, "pending": 1, "total": 3}
    gate.open.set()


def test_a_role_that_may_not_stop_standard_children_fails_the_map_with_its_name(bench: StartBench) -> None:
    gate = Gate(slow=1)
    role = FakeRole(refused={"states:StopExecution"})
    run = bench(distributed(kind="STANDARD", MaxConcurrency=2), answer=gate.answer, role=role)
    with pytest.raises(StateFailure, match="not authorized to perform: states:StopExecution"):
        run.run(["slow", "bad"])
    gate.open.set()


def test_a_stopped_execution_waits_for_its_express_children_and_a_redrive_for_it(bench: StartBench) -> None:
    """https://docs.aws.amazon.com/step-functions/latest/dg/redrive-map-run.html"""
    gate, stop = Gate(slow=2), Stop()
    run = bench(distributed(MaxConcurrency=2), answer=gate.answer)

    def until_stopped() -> None:
        with pytest.raises(Stopped):
            run.run(["slow", "slow", "late"], stop)

    stopped = threading.Thread(target=until_stopped)
    stopped.start()
    gate.wait_for_slow()
    stop.throw()
    time.sleep(0.25)
    assert describe_map_run(run.map_run)["status"] == "RUNNING"
    assert item_counts(run) == {"running": 2, "pending": 1, "total": 3}
    soon(gate.open.set)
    assert run.run() == ["slow", "slow", "late"]
    stopped.join()
    assert run.tasks.calls == ["slow", "slow", "late"], "those that finished do not run again"
    assert describe_map_run(run.map_run)["redriveCount"] == 1
