"""The events of Maps in a history, as AWS was recorded to write them."""

import json
import time
import uuid
from typing import Any

import pytest

from local_cloud.step_functions.errors import StateFailure
from local_cloud.step_functions.stop import Stop
from tests.fixtures.fake_s3 import one_bucket
from tests.fixtures.maps import TASK, distributed, failing_on
from tests.fixtures.step_functions import Bench, FakeRole, StartBench

READER = {"Resource": "arn:aws:states:::s3:getObject", "Arguments": {"Bucket": "runs", "Key": "items.json"}}


def inline(**fields: Any) -> dict[str, Any]:
    return {"Each": {"Type": "Map", "ItemProcessor": {"StartAt": "W", "States": {"W": TASK}}, "End": True, **fields}}


def details(run: Bench, kind: str) -> dict[str, Any]:
    """What the one event of this kind has beside its type, its ids and its time."""
    [event] = [event for event in run.history.events if event["type"] == kind]
    return {name: value for name, value in event.items() if name.endswith("Details")}


def test_a_distributed_map_has_the_events_of_its_state_and_of_its_map_run(bench: StartBench) -> None:
    """Facts 1, 2 and 3."""
    run = bench(distributed())
    run.run([1, 2])
    assert run.events() == [
        *("MapStateEntered", "MapStateStarted", "MapRunStarted"),
        *("MapRunSucceeded", "MapStateSucceeded", "MapStateExited"),
    ]
    assert details(run, "MapStateStarted") == {"mapStateStartedEventDetails": {"length": 2}}
    assert details(run, "MapRunStarted") == {"mapRunStartedEventDetails": {"mapRunArn": run.map_run.arn}}
    assert details(run, "MapRunSucceeded") == details(run, "MapStateSucceeded") == {}


def test_the_length_is_zero_with_an_item_reader(bench: StartBench) -> None:
    """Fact 2."""
    role = FakeRole(one_bucket({"items.json": b"[1, 2]"}))
    run = bench(distributed(ItemReader=READER), role=role)
    assert run.run() == [1, 2]
    assert details(run, "MapStateStarted") == {"mapStateStartedEventDetails": {"length": 0}}


def test_a_failed_map_run_has_its_error_and_cause_alone(bench: StartBench) -> None:
    """Facts 1, 3 and 14."""
    run = bench(distributed(), answer=failing_on(1))
    with pytest.raises(StateFailure):
        run.run([1])
    assert run.events()[2:] == ["MapRunStarted", "MapRunFailed", "MapStateFailed"]
    assert details(run, "MapRunFailed") == {
        "mapRunFailedEventDetails": {
            "error": "States.ExceedToleratedFailureThreshold",
            "cause": "The specified tolerated failure threshold was exceeded",
        }
    }
    assert details(run, "MapStateFailed") == {}


@pytest.mark.parametrize("kind", ["Map", "Parallel"])
def test_a_state_that_is_retried_or_caught_has_not_failed(bench: StartBench, kind: str) -> None:
    """Fact 35."""
    branch = {"StartAt": "W", "States": {"W": TASK}}
    body: dict[str, Any] = {"ItemProcessor": branch} if kind == "Map" else {"Branches": [branch]}
    state = {
        "Type": kind,
        **body,
        "Retry": [{"ErrorEquals": ["Boom"], "IntervalSeconds": 0, "MaxAttempts": 1}],
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Done"}],
        "End": True,
    }
    data = [1] if kind == "Map" else 1
    run = bench({"Each": state, "Done": {"Type": "Succeed"}}, answer=failing_on(1))
    run.run(data)
    assert len(run.tasks.calls) == 2
    assert f"{kind}StateFailed" not in run.events()

    del state["Catch"]
    run = bench({"Each": state}, answer=failing_on(1))
    with pytest.raises(StateFailure, match="Boom"):
        run.run(data)
    assert run.events().count(f"{kind}StateFailed") == 1
    assert run.events()[-1] == f"{kind}StateFailed"


def test_a_label_that_aws_generates_is_a_uuid(bench: StartBench) -> None:
    """Fact 4."""
    states = distributed()
    del states["Each"]["Label"]
    run = bench(states)
    run.run([1])
    label = run.map_run.arn.split("/")[1].split(":")[0]
    assert str(uuid.UUID(label)) == label


def test_an_inline_map_with_a_concurrency_of_one_starts_nothing_after_a_failure(
    bench: StartBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fact 34, however late the stop is thrown."""
    throw = Stop.throw

    def throw_late(stop: Stop) -> None:
        time.sleep(0.05)
        throw(stop)

    monkeypatch.setattr(Stop, "throw", throw_late)
    run = bench(inline(MaxConcurrency=1), answer=failing_on(1))
    with pytest.raises(StateFailure, match="Boom"):
        run.run([1, 2, 3])
    assert run.tasks.calls == [1]
    assert run.events().count("MapIterationStarted") == 1


@pytest.mark.parametrize("fields", [{"ToleratedFailureCount": 1}, {"ToleratedFailurePercentage": 0.5}])
def test_an_inline_map_runs_with_tolerated_failures(bench: StartBench, fields: dict[str, Any]) -> None:
    """Fact 17."""
    assert bench(inline(**fields)).run([1, 2]) == [1, 2]


@pytest.mark.parametrize("mode", [inline, distributed])
@pytest.mark.parametrize(
    ("field", "value", "cause"),
    [
        ("ToleratedFailureCount", -1, "ToleratedFailureCount cannot be negative."),
        ("ToleratedFailureCount", {}, 'The ToleratedFailureCount field refers to value "{}" which is not a valid int'),
        ("ToleratedFailureCount", "NoNumber", 'refers to value "NoNumber" which is not a valid integer'),
        ("ToleratedFailureCount", 1.5, 'refers to value "1.5" which is not a valid integer'),
        ("ToleratedFailurePercentage", -1.1, "ToleratedFailurePercentage must be between 0 and 100."),
        ("ToleratedFailurePercentage", 100.1, "ToleratedFailurePercentage must be between 0 and 100."),
        ("ToleratedFailurePercentage", {}, 'refers to value "{}" which is not a valid float'),
    ],
)
def test_a_bad_tolerated_value_fails_before_anything_runs(
    bench: StartBench, mode: Any, field: str, value: Any, cause: str
) -> None:
    """Fact 16."""
    run = bench(mode(**{field: "{% $states.input[0] %}", "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Each"}]}))
    with pytest.raises(StateFailure) as failed:
        run.run([value])
    assert failed.value.error == "States.Runtime"
    assert "An error occurred while executing the state 'Each' (entered at the event id #1). " in failed.value.cause
    assert cause in failed.value.cause
    assert run.events()[:2] == ["MapStateEntered", "MapStateStarted"]
    assert run.store.map_runs == {}
    assert run.tasks.calls == []


@pytest.mark.parametrize("mode", [inline, distributed])
@pytest.mark.parametrize("value", [{}, "NoNumber", -1])
def test_a_bad_concurrency_fails_before_the_state_starts(bench: StartBench, mode: Any, value: Any) -> None:
    """Fact 19; with -1, an execution on AWS hangs."""
    run = bench(mode(MaxConcurrency="{% $states.input[0] %}"))
    with pytest.raises(StateFailure, match=r"States\.Runtime: .*MaxConcurrency"):
        run.run([value])
    assert "MapStateStarted" not in run.events()


@pytest.mark.parametrize("percentage", [0, 0.5, 1, 1.1, 100])
def test_the_percentage_is_a_float(bench: StartBench, percentage: float) -> None:
    """Facts 11 and 15."""
    run = bench(distributed(ToleratedFailurePercentage=percentage))
    assert run.run([1]) == [1]
    assert json.dumps(run.map_run.limits.describe()["toleratedFailurePercentage"]) == json.dumps(float(percentage))
