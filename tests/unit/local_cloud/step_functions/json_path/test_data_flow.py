"""What states in JSONPath read and pass on. The facts are in docs/recorded-on-aws.md."""

import time
from typing import Any

import pytest

from local_cloud.step_functions.errors import StateFailure
from tests.fixtures.step_functions import Bench, StartBench

TASK = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True}
PASS = {"Type": "Pass", "End": True}
DONE = {"Type": "Succeed"}


def failure(run: Bench, data: Any = None) -> StateFailure:
    with pytest.raises(StateFailure) as failed:
        run.run(data)
    return failed.value


def boom(_: Any) -> Any:
    raise StateFailure("Boom", "because")


def test_a_task_is_filtered_from_input_path_to_output_path(paths: StartBench) -> None:
    task = {
        **TASK,
        "InputPath": "$.in",
        "Parameters": {"fixed": "$.in", "x.$": "$.x", "run.$": "$$.Execution.Name", "deep": [{"y.$": "$.y[0]"}]},
        "ResultSelector": {"sum.$": "$.answer", "state.$": "$$.State.Name"},
        "ResultPath": "$.kept.result",
        "OutputPath": "$.kept",
    }
    run = paths({"Call": task}, answer=lambda _: {"answer": 42, "noise": 0})
    assert run.run({"in": {"x": 1, "y": [2]}, "kept": {"a": 1}}) == {"a": 1, "result": {"sum": 42, "state": "Call"}}
    assert run.tasks.calls == [{"fixed": "$.in", "x": 1, "run": "e", "deep": [{"y": 2}]}]


@pytest.mark.parametrize(
    ("fields", "output"),
    [
        ({}, {"x": 1}),
        ({"Result": {"y.$": "$.x"}}, {"y.$": "$.x"}),
        ({"Result": None}, None),
        ({"InputPath": "$.x"}, 1),
        ({"InputPath": None}, {}),
        ({"OutputPath": None}, {}),
        ({"OutputPath": "$$.Execution.Name"}, "e"),
        ({"Result": 2, "ResultPath": "$.y.z"}, {"x": 1, "y": {"z": 2}}),
        ({"Result": 2, "ResultPath": None}, {"x": 1}),
        ({"Parameters": {"v.$": "States.Format('n{}', $.x)"}, "ResultPath": "$.p"}, {"x": 1, "p": {"v": "n1"}}),
        ({"Parameters": {"v": "{% $states.input %}"}}, {"v": "{% $states.input %}"}),
    ],
)
def test_a_pass_passes_on_its_result_or_its_input(paths: StartBench, fields: dict[str, Any], output: Any) -> None:
    """Facts 64 and 65: a Result is not a template, and a path of null gives an empty object."""
    assert paths({"S": {**PASS, **fields}}).run({"x": 1}) == output


def test_other_states_pass_on_their_filtered_input(paths: StartBench) -> None:
    filters = {"InputPath": "$.a", "OutputPath": "$.b"}
    choice = {"Type": "Choice", "Choices": [{"Variable": "$.b.c.d", "IsNumeric": True, "Next": "Rest"}], **filters}
    rest = {"Type": "Wait", "Seconds": 0, "InputPath": "$.c", "Next": "Done"}
    run = paths({"Sort": choice, "Rest": rest, "Done": {"Type": "Succeed", "OutputPath": "$.d"}})
    assert run.run({"a": {"b": {"c": {"d": 1}}}}) == 1


def test_variables_are_read_as_they_were_before_the_state(paths: StartBench) -> None:
    """Fact 66. `$` in Assign is the result before ResultSelector, as AWS documents it."""
    run = paths(
        {
            "Set": {
                **PASS,
                "Result": {"n": 1},
                "Assign": {"n.$": "$.n", "o": {"run.$": "$$.Execution.Name"}},
                "End": False,
                "Next": "Call",
            },
            "Call": {
                **TASK,
                "Parameters": {"n.$": "$n"},
                "ResultSelector": {"answer": "selected"},
                "Assign": {"n.$": "$.answer", "old.$": "$n"},
                "OutputPath": "$n",
                "End": False,
                "Next": "Look",
            },
            "Look": {
                **PASS,
                "Parameters": {"n.$": "$n", "old.$": "$old", "run.$": "$o.run", "text.$": "States.Format('{}', $n)"},
            },
        },
        answer=lambda _: {"answer": 2},
    )
    assert run.run() == {"n": 2, "old": 1, "run": "e", "text": "2"}


def test_a_rule_of_a_choice_and_its_default_assign(paths: StartBench) -> None:
    choice = {
        "Type": "Choice",
        "Choices": [{"Variable": "$.n", "NumericGreaterThan": 5, "Assign": {"size": "big"}, "Next": "Look"}],
        "Default": "Look",
        "Assign": {"size.$": "$.n"},
    }
    states = {"Sort": choice, "Look": {**PASS, "InputPath": "$size"}}
    assert paths(states).run({"n": 6}) == "big"
    assert paths(states).run({"n": 5}) == 5


def test_a_catcher_puts_the_error_at_its_result_path(paths: StartBench) -> None:
    def caught(**fields: Any) -> Any:
        catcher = {"ErrorEquals": ["States.ALL"], "Next": "Done", **fields}
        call = {**TASK, "InputPath": "$.in", "OutputPath": "$.never", "Catch": [catcher]}
        run = paths({"Call": call, "Done": {**PASS, "Parameters": {"in.$": "$", "v.$": "$v"}}}, answer=boom)
        return run.run({"in": 1})

    error = {"Error": "Boom", "Cause": "because"}
    assign = {"v.$": "$.Error"}
    assert caught(Assign=assign) == {"in": error, "v": "Boom"}
    assert caught(Assign=assign, ResultPath="$.error") == {"in": {"in": 1, "error": error}, "v": "Boom"}
    assert caught(Assign=assign, ResultPath=None) == {"in": {"in": 1}, "v": "Boom"}


def test_a_retry_sees_its_count_in_the_context_object(paths: StartBench) -> None:
    failures = [StateFailure("Boom"), StateFailure("Boom")]

    def answer(arguments: Any) -> Any:
        if failures:
            raise failures.pop()
        return arguments

    retry = [{"ErrorEquals": ["Boom"], "IntervalSeconds": 0}]
    call = {**TASK, "Parameters": {"n.$": "$$.State.RetryCount"}, "Retry": retry}
    assert paths({"Call": call}, answer=answer).run() == {"n": 2}
    catch = [{"ErrorEquals": ["Boom"], "Assign": {"n.$": "$$.State.RetryCount"}, "Next": "Look"}]
    states = {"Call": {**call, "Catch": catch}, "Look": {**PASS, "InputPath": "$n"}}
    assert paths(states, answer=boom).run() == 3


@pytest.mark.parametrize(
    ("state", "error", "cause"),
    [
        (
            {"Parameters": {"a": {"v.$": "$.x"}}},
            "States.Runtime",
            "The JSONPath '$.x' specified for the field 'v.$' could not be found in the input '{\"in\":1}'",
        ),
        ({"InputPath": "$.x"}, "States.Runtime", "Invalid path '$.x' : No results for path: $['x']"),
        ({"OutputPath": "$.x.y"}, "States.Runtime", "Invalid path '$.x.y' : Missing property in path $['x']"),
        ({"ResultPath": "$.in.v"}, "States.ResultPathMatchFailure", 'Unable to apply step "v" to input 1'),
        (
            {"Parameters": {"v.$": "States.StringToJson($.in)"}},
            "States.IntrinsicFailure",
            "The function 'States.StringToJson($.in)' had the following error: a string is expected, but was: 1",
        ),
        (
            {"Parameters": {"v.$": "$x.y"}},
            "States.Runtime",
            "The JSONPath '$x.y' specified for the field 'v.$' could not be found in the input '{\"in\":1}'",
        ),
    ],
)
def test_a_failure_names_the_state_its_event_and_the_path(
    paths: StartBench, state: dict[str, Any], error: str, cause: str
) -> None:
    """Fact 56. States.ParameterPathFailure is in the documentation only."""
    failed = failure(paths({"Before": {"Type": "Pass", "Next": "S"}, "S": {**PASS, **state}}), {"in": 1})
    assert failed.error == error
    assert failed.cause == f"An error occurred while executing the state 'S' (entered at the event id #3). {cause}"


def test_a_path_into_an_input_of_null_fails(paths: StartBench) -> None:
    cause = "Unable to apply Path transformation to null or empty input."
    for state in ({"Parameters": {"v.$": "$"}}, {"InputPath": "$.x"}):
        assert failure(paths({"S": {**PASS, **state}})).cause.endswith(cause)


def test_a_runtime_error_is_not_caught_and_a_failed_result_path_is(paths: StartBench) -> None:
    """Fact 38."""
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Done"}]
    missing = paths({"Call": {**TASK, "Parameters": {"v.$": "$.x"}, "Catch": catch}, "Done": DONE})
    assert failure(missing, {}).error == "States.Runtime"
    unfit = paths({"Call": {**TASK, "ResultPath": "$.x", "Catch": catch}, "Done": DONE})
    assert unfit.run("text")["Error"] == "States.ResultPathMatchFailure"


@pytest.mark.parametrize(
    ("value", "what"),
    [
        (None, "does not reference an input value: $.s"),
        (1.5, "cannot be parsed as a long value: $.s == 1.5"),
        (-1, "references a negative value: $.s == -1"),
    ],
)
def test_seconds_path_must_lead_to_a_whole_number(paths: StartBench, value: Any, what: str) -> None:
    """Fact 45."""
    failed = failure(
        paths({"W": {"Type": "Wait", "SecondsPath": "$.s", "End": True}}), {} if value is None else {"s": value}
    )
    assert failed.error == "States.Runtime"
    assert failed.cause.endswith(f"The SecondsPath parameter {what}")


def test_timestamp_path_must_lead_to_a_timestamp(paths: StartBench) -> None:
    """Fact 45."""
    wait = {"W": {"Type": "Wait", "TimestampPath": "$.at", "End": True}}
    assert paths(wait).run({"at": "2020-01-01T00:00:00Z"})
    cause = "does not reference a valid ISO-8601 extended offset date-time format string: $.at == 2016-12-05T21:29:29"
    assert failure(paths(wait), {"at": "2016-12-05T21:29:29"}).cause.endswith(cause)


def test_a_wait_takes_its_seconds_from_a_path(paths: StartBench) -> None:
    run = paths({"W": {"Type": "Wait", "SecondsPath": "$.s", "End": True}})
    before = time.monotonic()
    assert run.run({"s": 0}) == {"s": 0}
    assert time.monotonic() - before < 1


def test_a_timeout_from_a_path_holds(paths: StartBench) -> None:
    call = {**TASK, "TimeoutSecondsPath": "$.t"}
    assert failure(paths({"Call": call}, answer=lambda _: time.sleep(5)), {"t": 1}).error == "States.Timeout"
    assert failure(paths({"Call": call}), {}).cause.endswith("Invalid path '$.t' : No results for path: $['t']")
    bad = 'The TimeoutSecondsPath field refers to value "x" which is not a valid integer: $.t'
    assert failure(paths({"Call": call}), {"t": "x"}).cause.endswith(bad)


def test_a_task_that_waits_for_its_token_has_one(paths: StartBench) -> None:
    resource = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
    run = paths({"Send": {**TASK, "Resource": resource, "Parameters": {"token.$": "$$.Task.Token"}}})
    assert run.run({})["token"]


def test_a_fail_takes_error_and_cause_from_paths_or_functions(paths: StartBench) -> None:
    """Fact 67."""
    fail = {"Type": "Fail", "ErrorPath": "$.e", "CausePath": "States.Format('off by {}', $.n)"}
    failed = failure(paths({"Stop": fail}), {"e": "Ledger", "n": 3})
    assert (failed.error, failed.cause) == ("Ledger", "off by 3")
    missing = failure(paths({"Stop": fail}), {"n": 3})
    assert missing.error == "States.Runtime"
    assert "The JSONPath '$.e' specified for the field 'ErrorPath' could not be found in the input" in missing.cause


def test_a_choice_without_a_match_fails(paths: StartBench) -> None:
    choice = {"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericEquals": 1, "Next": "Done"}]}
    assert failure(paths({"Sort": choice, "Done": DONE}), {"n": 2}).error == "States.NoChoiceMatched"
    missing = failure(paths({"Sort": choice, "Done": DONE}), {})
    assert missing.error == "States.Runtime"
    assert missing.cause.startswith("An error occurred while executing the state 'Sort' (entered at the event id #1).")


def test_states_of_both_languages_run_side_by_side(paths: StartBench) -> None:
    """A variable that one assigns, the other reads."""
    run = paths(
        {
            "Old": {**PASS, "Parameters": {"n.$": "$.n"}, "Assign": {"base.$": "$.n"}, "End": False, "Next": "New"},
            "New": {
                "QueryLanguage": "JSONata",
                "Type": "Pass",
                "Output": {"v": "{% $base + $states.input.n %}"},
                "Assign": {"base": 10},
                "Next": "Last",
            },
            "Last": {**PASS, "Parameters": {"v.$": "States.MathAdd($.v, $base)"}},
        }
    )
    assert run.run({"n": 2}) == {"v": 14}


def test_a_parallels_branches_get_its_parameters_and_its_result_is_selected(paths: StartBench) -> None:
    def branch(name: str, **fields: Any) -> dict[str, Any]:
        return {"StartAt": name, "States": {name: {**PASS, **fields}}}

    parallel = {
        "Type": "Parallel",
        "Parameters": {"n.$": "$.n"},
        "Branches": [branch("A", OutputPath="$.n"), branch("B", Parameters={"v.$": "States.MathAdd($.n, 1)"})],
        "ResultSelector": {"first.$": "$[0]", "second.$": "$[1].v"},
        "ResultPath": "$.sums",
        "End": True,
    }
    assert paths({"Both": parallel}).run({"n": 1}) == {"n": 1, "sums": {"first": 1, "second": 2}}
