"""How states fail, as recorded on AWS. The facts are in docs/recorded-on-aws.md."""

import time
from typing import Any

import pytest

from local_cloud.step_functions.errors import StateFailure
from tests.fixtures.step_functions import Bench, StartBench

TASK = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True}
TOO_LARGE = "x" * 262_144
DONE = {"Type": "Succeed"}


def failure(run: Bench, data: Any = None) -> StateFailure:
    with pytest.raises(StateFailure) as failed:
        run.run(data)
    return failed.value


def details(run: Bench, event: str) -> dict[str, Any]:
    [found] = [entry for entry in run.history.events if entry["type"] == event]
    fields: dict[str, Any] = found[f"{event[0].lower()}{event[1:]}EventDetails"]
    return fields


def test_states_all_catches_data_limit_exceeded_of_a_task(bench: StartBench) -> None:
    """Fact 36: against the documentation. Not of a Parallel, for which nothing was recorded."""
    catch = [{"ErrorEquals": ["States.ALL"], "Output": "{% $states.errorOutput.Error %}", "Next": "Done"}]
    run = bench({"Call": {**TASK, "Catch": catch}, "Done": DONE}, answer=lambda _: TOO_LARGE)
    assert run.run() == "States.DataLimitExceeded"
    branches = [{"StartAt": n, "States": {n: TASK}} for n in ("A", "B")]
    parallel = {"Type": "Parallel", "Branches": branches, "Catch": catch, "End": True}
    large = bench({"Both": parallel, "Done": DONE}, answer=lambda _: "x" * 200_000)
    assert failure(large).error == "States.DataLimitExceeded"


@pytest.mark.parametrize(
    ("state", "source"),
    [
        (TASK, "lambda"),
        ({**TASK, "Resource": "arn:aws:lambda:us-east-1:111111111111:function:f"}, None),
        ({"Type": "Pass", "Output": "{% $states.input.text & $states.input.text %}", "End": True}, "S"),
    ],
)
def test_a_result_over_the_limit_is_named_by_its_integration_or_state(
    bench: StartBench, state: dict[str, Any], source: str | None
) -> None:
    """Fact 37: `lambda` for lambda:invoke, the function's ARN for an ARN, the state's name for a Pass."""
    cause = failure(bench({"S": state}, answer=lambda _: TOO_LARGE), {"text": "x" * 140_000}).cause
    assert cause == (
        f"The state/task '{source or state['Resource']}' returned a result with a size exceeding the maximum number of"
        " bytes service limit."
    )


def test_a_result_over_the_limit_is_a_failed_task(bench: StartBench) -> None:
    """Fact 37: TaskFailed, not TaskSucceeded."""
    run = bench({"Call": TASK}, answer=lambda _: TOO_LARGE)
    failure(run)
    assert run.events()[-1] == "TaskFailed"
    assert "TaskSucceeded" not in run.events()
    assert details(run, "TaskFailed")["error"] == "States.DataLimitExceeded"


def test_a_functions_arn_has_events_of_its_own_kind(bench: StartBench) -> None:
    """Facts 37 and 50. The scheduled event carries the timeout."""
    function = {**TASK, "Resource": "arn:aws:lambda:us-east-1:111111111111:function:f", "TimeoutSeconds": 9}
    run = bench({"Call": function}, answer=lambda _: TOO_LARGE)
    failure(run, {"a": 1})
    assert run.events()[1:] == ["LambdaFunctionScheduled", "LambdaFunctionStarted", "LambdaFunctionFailed"]
    assert details(run, "LambdaFunctionScheduled") == {
        "resource": function["Resource"],
        "input": '{"a":1}',
        "inputDetails": {"truncated": False},
        "timeoutInSeconds": 9,
    }


def test_states_runtime_is_not_caught_even_by_name(bench: StartBench) -> None:
    """Fact 38."""

    def fail(_: Any) -> Any:
        raise StateFailure("States.Runtime", "broken")

    catch = [{"ErrorEquals": ["States.Runtime"], "Next": "Done"}, {"ErrorEquals": ["States.ALL"], "Next": "Done"}]
    run = bench({"Call": {**TASK, "Catch": catch}, "Done": DONE}, answer=fail)
    assert failure(run).error == "States.Runtime"


UNDEFINED = "returned nothing (undefined)."


@pytest.mark.parametrize(
    ("state", "field", "code", "what"),
    [
        ({"Output": {"result": "{% $missing %}"}}, "Output/result", "$missing", UNDEFINED),
        ({"Output": {"a": {"b": [1, "{% $missing %}"]}}}, "Output/a/b[1]", "$missing", UNDEFINED),
        ({"Assign": {"x": {"y": "{% $missing %}"}}}, "Assign/x/y", "$missing", UNDEFINED),
        (
            {"Output": "{% $missing() %}"},
            "Output",
            "$missing()",
            "threw an error during evaluation. T1006: Attempted to invoke a non-function",
        ),
        ({"Output": "{% $sum %}"}, "Output", "$sum", "returned an unsupported result type."),
    ],
)
def test_a_cause_names_the_state_its_event_the_whole_field_and_the_expression(
    bench: StartBench, state: dict[str, Any], field: str, code: str, what: str
) -> None:
    """Facts 33 and 40. EvaluationFailed has the field as its location."""
    run = bench({"Before": {"Type": "Pass", "Next": "M"}, "M": {"Type": "Pass", "End": True, **state}})
    cause = failure(run).cause
    assert cause == (
        "An error occurred while executing the state 'M' (entered at the event id #3)."
        f" The JSONata expression '{code}' specified for the field '{field}' {what}"
    )
    assert details(run, "EvaluationFailed") == {
        "state": "M",
        "location": field,
        "error": "States.QueryEvaluationError",
        "cause": cause,
    }


def test_a_field_of_a_rule_or_a_catcher_is_named_with_its_index(bench: StartBench) -> None:
    condition = {"Condition": "{% $missing %}", "Next": "Done"}
    choice = {"Type": "Choice", "Choices": [{"Condition": "{% false %}", "Next": "Done"}, condition]}
    assert "field 'Choices[1]/Condition'" in failure(bench({"C": choice, "Done": DONE})).cause

    def fail(_: Any) -> Any:
        raise StateFailure("Boom")

    catcher = {"ErrorEquals": ["Boom"], "Assign": {"x": "{% $missing %}"}, "Next": "Done"}
    caught = bench({"Call": {**TASK, "Catch": [catcher]}, "Done": DONE}, answer=fail)
    assert "field 'Catch[0]/Assign/x'" in failure(caught).cause


INLINE: dict[str, Any] = {
    "Type": "Map",
    "ItemProcessor": {"StartAt": "I", "States": {"I": {"Type": "Pass", "End": True}}},
    "End": True,
}


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [(1, "number", "1"), ({"a": 1}, "object", '{"a":1}'), ("x", "string", '"x"'), (None, "null", "null")],
)
def test_items_of_an_inline_map_must_be_an_array(bench: StartBench, value: Any, kind: str, text: str) -> None:
    """Fact 33: an inline Map takes no object."""
    run = bench({"M": {**INLINE, "Items": "{% $states.input.v %}"}})
    cause = failure(run, {"v": value}).cause
    assert cause.endswith(
        "The JSONata expression '$states.input.v' specified for the field 'Items' returned an unexpected result type."
        f" Expected 'array', but was '{kind}' for value: {text}"
    )
    assert details(run, "EvaluationFailed")["location"] == "Items"


def test_an_input_that_is_no_array_fails_a_map_without_items(bench: StartBench) -> None:
    """Fact 33: EvaluationFailed then has no location."""
    run = bench({"M": INLINE})
    assert failure(run, {"foo": "bar"}).cause.endswith('Map state input must be an array but was: {"foo":"bar"}')
    assert "location" not in details(run, "EvaluationFailed")


def reading(most: str) -> dict[str, Any]:
    reader = {
        "Resource": "arn:aws:states:::s3:listObjectsV2",
        "ReaderConfig": {"MaxItems": most},
        "Arguments": {"Bucket": "runs"},
    }
    config = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    return {**INLINE, "ItemReader": reader, "ItemProcessor": {"ProcessorConfig": config, **INLINE["ItemProcessor"]}}


def test_max_items_that_is_no_whole_number_fails_before_the_map_run(bench: StartBench) -> None:
    """Fact 21, recorded in JSONPath."""
    run = bench({"M": reading("{% $states.input %}")})
    failed = failure(run, 1.5)
    assert failed.error == "States.Runtime"
    assert failed.cause.endswith('The MaxItems field refers to value "1.5" which is not a valid integer')
    assert run.events() == ["MapStateEntered", "MapStateStarted", "MapStateFailed"]


def test_a_negative_max_items_fails_the_started_map_run(bench: StartBench) -> None:
    """Fact 21."""
    run = bench({"M": reading("{% $states.input %}")})
    failed = failure(run, -1)
    assert (failed.error, failed.cause) == ("States.ItemReaderFailed", "field MaxItems must be positive")
    assert run.events()[1:] == ["MapStateStarted", "MapRunStarted", "MapRunFailed", "MapStateFailed"]


def test_a_task_that_times_out_has_no_cause(bench: StartBench) -> None:
    """Fact 39: TaskTimedOut has no cause, errorOutput.Cause is empty."""
    catch = [{"ErrorEquals": ["States.Timeout"], "Output": "{% $states.errorOutput %}", "Next": "Done"}]
    states = {"Call": {**TASK, "TimeoutSeconds": 0.05, "Catch": catch}, "Done": DONE}
    run = bench(states, answer=lambda _: time.sleep(0.5))
    assert run.run() == {"Error": "States.Timeout", "Cause": ""}
    assert details(run, "TaskTimedOut") == {"resourceType": "lambda", "resource": "invoke", "error": "States.Timeout"}


@pytest.mark.parametrize("until", ["2026-01-01 00:00:00Z", "2026-01-01T00:00:00", "2026-01-01", "20260101T000000Z"])
def test_a_timestamp_without_t_or_zone_fails(bench: StartBench, until: str) -> None:
    """Fact 45."""
    run = bench({"W": {"Type": "Wait", "Timestamp": "{% $states.input %}", "End": True}})
    failed = failure(run, until)
    assert failed.error == "States.QueryEvaluationError"
    assert failed.cause.endswith(
        f"The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: {until}"
    )


@pytest.mark.parametrize("seconds", [1.5, -1])
def test_seconds_must_be_a_whole_number(bench: StartBench, seconds: float) -> None:
    """Fact 45, recorded in JSONPath, as States.Runtime. This is what JSONata calls a wrong value."""
    run = bench({"W": {"Type": "Wait", "Seconds": "{% $states.input %}", "End": True}})
    assert failure(run, seconds).error == "States.QueryEvaluationError"


@pytest.mark.parametrize("until", ["2020-01-01T00:00Z", "2020-01-01t00:00:00.123456789z", "2020-01-01T00:00:00+02:00"])
def test_a_timestamp_with_t_and_zone_is_waited_for(bench: StartBench, until: str) -> None:
    assert bench({"W": {"Type": "Wait", "Timestamp": until, "End": True}}).run(1) == 1
