"""A watcher goes on through throttling and lost connections, and asks no more of AWS than it sustains."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError

from mapspan.running.progress import Progress
from mapspan.running.watch import Watch
from mapspan.running.watch_failures import failed_keys
from mapspan.running.watch_pace import Pace
from modules.pipeline.workflow.names import LIST_OBJECTS
from tests.fixtures.batch_failures import batch_failure_cause
from tests.fixtures.fake_states import EXECUTION, FakeStates, counts, refused

LOST = EndpointConnectionError(endpoint_url="https://states.eu-west-1.amazonaws.com")


def followed(states: FakeStates, poll_seconds: float = 1.0) -> tuple[list[Progress], list[float]]:
    pauses: list[float] = []
    client: Any = states
    return list(Watch(client, EXECUTION, sleep=pauses.append).follow(poll_seconds)), pauses


def entered(state: str) -> dict[str, Any]:
    return {"type": "TaskStateEntered", "stateEnteredEventDetails": {"name": state}}


def listing_exited(listed: int) -> dict[str, Any]:
    output = json.dumps({"listed": listed, "checkpoint": {}})
    return {"type": "TaskStateExited", "stateExitedEventDetails": {"name": LIST_OBJECTS, "output": output}}


def test_lost_connections_make_pauses_longer_and_end_nothing() -> None:
    states = FakeStates(["RUNNING", *[LOST] * 6, "RUNNING", "SUCCEEDED"])
    looks, pauses = followed(states)
    assert [bool(look.trouble) for look in looks] == [False, *[True] * 6, False, False]
    assert pauses == [1, 2, 4, 8, 16, 30, 30, 1]
    assert looks[-1].ended


def test_throttling_of_the_very_first_look_is_waited_out() -> None:
    looks, pauses = followed(FakeStates([refused("ThrottlingException"), "SUCCEEDED"]))
    assert [look.status for look in looks] == ["SUCCEEDED"]
    assert pauses == [2]


def test_aws_out_of_order_is_waited_out() -> None:
    looks, _ = followed(FakeStates(["RUNNING", refused("InternalFailure", status=500), "SUCCEEDED"]))
    assert looks[-1].status == "SUCCEEDED"


@pytest.mark.parametrize("error", [NoCredentialsError(), LOST])
def test_what_never_worked_is_told_at_once(error: Exception) -> None:
    with pytest.raises(type(error)):
        followed(FakeStates([error]))


def test_credentials_that_expire_meanwhile_end_the_watching() -> None:
    with pytest.raises(ClientError, match="ExpiredToken"):
        followed(FakeStates(["RUNNING", refused("ExpiredTokenException")]))


def test_each_second_costs_each_call_once() -> None:
    states = FakeStates([*["RUNNING"] * 9, "SUCCEEDED"])
    states.map_run = {"status": "RUNNING", "itemCounts": counts(total=10), "executionCounts": counts()}
    followed(states)
    assert {name: states.asked.count(name) for name in states.asked} == {
        "describe_execution": 10,
        "list_map_runs": 1,
        "describe_map_run": 10,
    }


def test_while_listing_the_newest_invocation_tells_how_far_it_is() -> None:
    states = FakeStates(["RUNNING", "RUNNING", "SUCCEEDED"])
    states.events = [
        listing_exited(2_000_000),
        entered(LIST_OBJECTS),
        listing_exited(1_000_000),
        entered(LIST_OBJECTS),
    ]
    looks, _ = followed(states)
    assert (looks[0].phase, looks[0].listed, looks[0].trouble) == ("listing", 2_000_000, None)


def test_a_listing_that_is_tried_again_says_why() -> None:
    states = FakeStates(["RUNNING", "SUCCEEDED"])
    failed = {"type": "TaskFailed", "taskFailedEventDetails": {"error": "Runtime.ExitError"}}
    states.events = [{"type": "TaskStarted"}, {"type": "TaskScheduled"}, failed, entered(LIST_OBJECTS)]
    looks, _ = followed(states)
    assert looks[0].trouble == "listing failed with Runtime.ExitError and is tried again"
    assert looks[1].trouble is None


def test_failed_children_are_grouped_by_what_their_keys_failed_with_a_few_a_look() -> None:
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
    looks, _ = followed(states)
    assert [(found.error, found.keys) for found in looks[0].failures] == [
        ("AccessDenied", 4 * 97),
        ("Runtime.ExitError", 100),
        ("ObjectNotFound", 4 * 3),
    ]
    assert {found.error: found.keys for found in looks[1].failures}["AccessDenied"] == 6 * 97
    assert looks[0].failures[0].example == "'a': 403: no"


def test_keys_that_fail_singly_are_seen_in_a_sample_of_children_that_succeeded() -> None:
    states = FakeStates(["RUNNING", "RUNNING", "SUCCEEDED"])
    states.map_run = {
        "status": "RUNNING",
        "itemCounts": counts(total=900, succeeded=900),
        "executionCounts": counts(succeeded=9),
    }
    failed = {"Key": "2026/a", "Outcome": "Failed", "Error": "ProcessorFailed", "Cause": "ValueError: poisoned"}
    fine = {"Key": "2026/b", "Outcome": "Succeeded", "Result": {}}
    child = {"status": "SUCCEEDED", "output": json.dumps([failed, fine, failed])}
    states.children = {f"child:{number}": child for number in range(9)}
    looks, _ = followed(states)
    [found] = looks[0].sample.failures
    assert looks[0].sample.keys == 200
    assert (found.error, found.keys, found.example) == ("ProcessorFailed", 4, "'2026/a': ValueError: poisoned")
    assert states.asked.count("list_executions") == 1, "no more while no more succeeded"


def test_a_watcher_that_may_not_see_children_sees_the_run() -> None:
    states = FakeStates(["RUNNING", "RUNNING", "FAILED"])
    states.map_run = {"status": "FAILED", "itemCounts": counts(total=9), "executionCounts": counts(failed=1)}
    states.children_refused = refused("AccessDeniedException")
    looks, _ = followed(states)
    assert [look.phase for look in looks] == ["adding up", "adding up", "ended"]
    assert states.asked.count("list_executions") == 1


def test_a_cause_in_other_words_keeps_the_childs_error() -> None:
    [found] = failed_keys("States.Timeout", "", 42)
    assert (found.error, found.keys) == ("States.Timeout", 42)


def test_the_rate_is_the_last_minutes() -> None:
    pace = Pace(started=0)
    assert pace.rate(3_600, 3_600) == 1, "all there is to go by"
    for second in range(1, 121):
        rate = pace.rate(3_600 + second, 3_600 + 10 * second)
    assert rate == pytest.approx(10)
