"""A watcher survives throttling and lost connections, and polls no faster than AWS sustains."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError

from mapspan.running.child_failures import failed_keys
from mapspan.running.pace import Pace
from mapspan.running.progress import Progress
from mapspan.running.watch import Watch
from modules.pipeline.workflow.names import LIST_OBJECTS
from tests.fixtures.batch_failures import batch_failure_cause
from tests.fixtures.batch_records import written_batch
from tests.fixtures.fake_s3 import FakeS3
from tests.fixtures.fake_states import EXECUTION, FakeStates, counts, refused

LOST = EndpointConnectionError(endpoint_url="https://states.eu-west-1.amazonaws.com")


def follow(states: FakeStates, poll_seconds: float = 1.0) -> tuple[list[Progress], list[float]]:
    pauses: list[float] = []
    client: Any = states
    return list(Watch(client, EXECUTION, sleep=pauses.append).follow(poll_seconds)), pauses


def entered(state: str) -> dict[str, Any]:
    return {"type": "TaskStateEntered", "stateEnteredEventDetails": {"name": state}}


def listing_exited(listed: int) -> dict[str, Any]:
    output = json.dumps({"listed": listed, "checkpoint": {}})
    return {"type": "TaskStateExited", "stateExitedEventDetails": {"name": LIST_OBJECTS, "output": output}}


def test_lost_connections_lengthen_the_pauses_and_do_not_end_the_watch() -> None:
    states = FakeStates(["RUNNING", *[LOST] * 6, "RUNNING", "SUCCEEDED"])
    polls, pauses = follow(states)
    assert [bool(progress.trouble) for progress in polls] == [False, *[True] * 6, False, False]
    assert pauses == [1, 2, 4, 8, 16, 30, 30, 1]
    assert polls[-1].ended


def test_throttling_of_the_first_poll_is_waited_out() -> None:
    polls, pauses = follow(FakeStates([refused("ThrottlingException"), "SUCCEEDED"]))
    assert [progress.status for progress in polls] == ["SUCCEEDED"]
    assert pauses == [2]


def test_an_internal_failure_of_aws_is_waited_out() -> None:
    polls, _ = follow(FakeStates(["RUNNING", refused("InternalFailure", status=500), "SUCCEEDED"]))
    assert polls[-1].status == "SUCCEEDED"


@pytest.mark.parametrize("error", [NoCredentialsError(), LOST])
def test_an_error_on_the_first_poll_is_reported_immediately(error: Exception) -> None:
    with pytest.raises(type(error)):
        follow(FakeStates([error]))


def test_expired_credentials_end_the_watch() -> None:
    with pytest.raises(ClientError, match="ExpiredToken"):
        follow(FakeStates(["RUNNING", refused("ExpiredTokenException")]))


def test_each_poll_makes_each_call_once() -> None:
    states = FakeStates([*["RUNNING"] * 9, "SUCCEEDED"])
    states.map_run = {"status": "RUNNING", "itemCounts": counts(total=10), "executionCounts": counts()}
    follow(states)
    assert {name: states.calls.count(name) for name in states.calls} == {
        "describe_execution": 10,
        "list_map_runs": 1,
        "describe_map_run": 10,
    }


def test_the_newest_invocation_shows_how_far_the_listing_is() -> None:
    states = FakeStates(["RUNNING", "RUNNING", "SUCCEEDED"])
    states.events = [
        listing_exited(2_000_000),
        entered(LIST_OBJECTS),
        listing_exited(1_000_000),
        entered(LIST_OBJECTS),
    ]
    polls, _ = follow(states)
    assert (polls[0].phase, polls[0].listed, polls[0].trouble) == ("listing", 2_000_000, None)


def test_a_listing_that_is_retried_shows_why() -> None:
    states = FakeStates(["RUNNING", "SUCCEEDED"])
    failed = {"type": "TaskFailed", "taskFailedEventDetails": {"error": "Runtime.ExitError"}}
    states.events = [{"type": "TaskStarted"}, {"type": "TaskScheduled"}, failed, entered(LIST_OBJECTS)]
    polls, _ = follow(states)
    assert polls[0].trouble == "listing failed with Runtime.ExitError and is being retried"
    assert polls[1].trouble is None


def test_failed_keys_are_grouped_by_error_from_a_few_children_per_poll() -> None:
    states = FakeStates(["RUNNING", "RUNNING", "SUCCEEDED"])
    states.map_run = {
        "status": "RUNNING",
        "itemCounts": counts(total=1_000, failed=700),
        "executionCounts": counts(failed=7),
    }
    failures = [("a", "AccessDenied", "403: no")] * 97 + [("b", "ObjectNotFound", "404: gone")] * 3
    denied = {
        "status": "FAILED",
        "error": "BatchFailed",
        "cause": batch_failure_cause(failures),
    }
    killed = {"status": "FAILED", "error": "Runtime.ExitError", "cause": "signal: killed"}
    states.children = {f"child:{number}": killed if number == 0 else denied for number in range(7)}
    polls, _ = follow(states)
    assert [(failure.error, failure.keys) for failure in polls[0].failures] == [
        ("AccessDenied", 4 * 97),
        ("Runtime.ExitError", 100),
        ("ObjectNotFound", 4 * 3),
    ]
    assert {failure.error: failure.keys for failure in polls[1].failures}["AccessDenied"] == 6 * 97
    assert (polls[0].failures[0].key, polls[0].failures[0].cause) == ("a", "403: no")
    assert (polls[0].keys.failed, polls[0].keys.pending) == (700, 300), "failed children need no reading to be counted"


FAILED = {"Key": "2026/a", "Outcome": "Failed", "Error": "ProcessorFailed", "Cause": "ValueError: poisoned"}
SUCCEEDED = {"Key": "2026/b", "Outcome": "Succeeded", "Result": {}}
SKIPPED = {"Key": "c", "Outcome": "Skipped", "Reason": "old"}
UNTRIED = {"Key": "d", "Outcome": "Pending", "Cause": "not started"}


def batches(number: int) -> FakeStates:
    """A run of children that succeeded, each with one key of every outcome."""
    states = FakeStates(["RUNNING", "RUNNING", "SUCCEEDED"])
    states.map_run = {
        "status": "RUNNING",
        "itemCounts": counts(total=4 * number, succeeded=4 * number),
        "executionCounts": counts(succeeded=number),
    }
    record = written_batch([FAILED, SUCCEEDED, SKIPPED, UNTRIED], FakeS3())
    child = {"status": "SUCCEEDED", "output": json.dumps(record)}
    states.children = {f"child:{each}": child for each in range(number)}
    return states


def test_keys_of_read_batches_are_counted_as_the_ledger_counts_them() -> None:
    states = batches(9)
    polls, _ = follow(states)
    first, second, last = (progress.keys for progress in polls)
    assert (first.batches, first.ended_batches, first.pending) == (7, 9, None), "two batches were not read yet"
    assert (first.succeeded, first.skipped, first.failed) == (7, 7, 7)
    assert (second.succeeded, second.skipped, second.failed, second.pending) == (9, 9, 9, 9)
    assert second == last
    [failure] = polls[0].failures
    assert (failure.error, failure.keys, failure.cause) == ("ProcessorFailed", 7, "ValueError: poisoned")
    assert states.calls.count("list_executions") == 2, "all batches were read, so none are listed"


def test_a_poll_reads_at_most_seven_children_and_the_last_one_fifty() -> None:
    states = batches(200)
    polls, _ = follow(states)
    assert [progress.keys.batches for progress in polls] == [7, 14, 64]
    assert polls[-1].keys.pending is None, "the last line can't contradict the ledger: it says how much was read"


def test_a_caller_without_permission_to_read_children_can_watch_the_run() -> None:
    states = FakeStates(["RUNNING", "RUNNING", "FAILED"])
    states.map_run = {"status": "FAILED", "itemCounts": counts(total=9), "executionCounts": counts(failed=1)}
    states.children_refused = refused("AccessDeniedException")
    polls, _ = follow(states)
    assert [progress.phase for progress in polls] == ["adding up", "adding up", "ended"]
    assert states.calls.count("list_executions") == 1


def test_a_cause_that_is_not_a_batch_failure_keeps_the_childs_error() -> None:
    [failure] = failed_keys("States.Timeout", "", 42)
    assert (failure.error, failure.keys) == ("States.Timeout", 42)


def test_the_rate_is_that_of_the_last_minute() -> None:
    pace = Pace(started=0)
    assert pace.rate(3_600, 3_600) == 1, "the first rate is that since the start"
    for second in range(1, 121):
        rate = pace.rate(3_600 + second, 3_600 + 10 * second)
    assert rate == pytest.approx(10)


def test_a_run_over_an_inventory_is_starting_and_not_listing() -> None:
    states: Any = FakeStates(["RUNNING"])
    states.events = [{"type": "TaskStarted"}, entered("FindDeliveries")]
    assert Watch(states, EXECUTION).poll().phase == "starting"
