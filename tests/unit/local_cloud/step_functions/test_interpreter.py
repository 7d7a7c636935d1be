import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from local_cloud.step_functions.errors import StateFailure, Stopped
from local_cloud.step_functions.stop import Stop
from tests.fixtures.step_functions import StartBench

TASK = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True}


def failing(times: int, error: str = "Boom") -> Callable[[Any], Any]:
    """Fails the first `times` calls."""
    left = [times]

    def answer(arguments: Any) -> Any:
        left[0] -= 1
        if left[0] >= 0:
            raise StateFailure(error, "because")
        return arguments

    return answer


def test_assign_and_output_read_the_variables_from_before_the_state(bench: StartBench) -> None:
    run = bench(
        {
            "First": {"Type": "Pass", "Assign": {"n": 1}, "Next": "Second"},
            "Second": {"Type": "Pass", "Assign": {"n": "{% $n + 1 %}"}, "Output": "{% $n %}", "Next": "Third"},
            "Third": {"Type": "Pass", "Output": {"seen": "{% $states.input %}", "n": "{% $n %}"}, "End": True},
        }
    )
    assert run.run() == {"seen": 1, "n": 2}


def test_a_task_gets_its_arguments_and_its_output_reads_the_result(bench: StartBench) -> None:
    run = bench(
        {"Call": {**TASK, "Arguments": {"x": "{% $states.input.x %}"}, "Output": "{% $states.result.x + 1 %}"}},
    )
    assert run.run({"x": 41}) == 42


def test_the_context_object_names_the_execution_and_the_state(bench: StartBench) -> None:
    fields = ["$states.context.Execution.Name", "$states.context.State.Name", "$states.context.StateMachine.Name"]
    run = bench({"Look": {"Type": "Pass", "Output": f"{{% [{', '.join(fields)}] %}}", "End": True}})
    assert run.run() == ["e", "Look", "machine"]


def test_choice_takes_the_first_rule_that_is_true_or_else_the_default(bench: StartBench) -> None:
    states = {
        "Sort": {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $states.input > 5 %}", "Output": "big", "Next": "Done"}],
            "Default": "Done",
        },
        "Done": {"Type": "Succeed"},
    }
    assert bench(states).run(6) == "big"
    assert bench(states).run(5) == 5


def test_choice_fails_without_a_match_or_with_a_condition_that_is_not_a_boolean(bench: StartBench) -> None:
    choice = {"Type": "Choice", "Choices": [{"Condition": "{% $states.input %}", "Next": "Done"}]}
    states = {"Sort": choice, "Done": {"Type": "Succeed"}}
    with pytest.raises(StateFailure, match=r"States\.NoChoiceMatched"):
        bench(states).run(data=False)
    with pytest.raises(StateFailure, match=r"States\.QueryEvaluationError.*Expected 'boolean'"):
        bench(states).run("yes")


def test_fail_raises_its_error_and_cause(bench: StartBench) -> None:
    run = bench({"Stop": {"Type": "Fail", "Error": "Ledger", "Cause": "{% 'off by ' & $states.input %}"}})
    with pytest.raises(StateFailure) as failed:
        run.run(3)
    assert (failed.value.error, failed.value.cause) == ("Ledger", "off by 3")


def test_a_failed_expression_names_its_field_and_what_went_wrong(bench: StartBench) -> None:
    run = bench({"Add": {"Type": "Pass", "Output": "{% $states.input.missing %}", "End": True}})
    with pytest.raises(StateFailure) as failed:
        run.run({})
    assert failed.value.error == "States.QueryEvaluationError"
    assert "'Output'" in failed.value.cause
    assert "EvaluationFailed" in run.events()


def test_retry_waits_and_then_succeeds(bench: StartBench) -> None:
    retry = [{"ErrorEquals": ["Boom"], "IntervalSeconds": 0.05, "BackoffRate": 2, "MaxAttempts": 2}]
    run = bench({"Call": {**TASK, "Arguments": 1, "Retry": retry}}, answer=failing(2))
    before = time.monotonic()
    assert run.run() == 1
    assert 0.15 <= time.monotonic() - before < 1
    assert run.events().count("TaskFailed") == 2


def test_a_catcher_catches_the_error_after_the_last_retry(bench: StartBench) -> None:
    states = {
        "Call": {
            **TASK,
            "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 0, "MaxAttempts": 1}],
            "Catch": [{"ErrorEquals": ["Boom"], "Output": "{% $states.errorOutput.Cause %}", "Next": "Done"}],
        },
        "Done": {"Type": "Succeed"},
    }
    run = bench(states, answer=failing(9))
    assert run.run() == "because"
    assert len(run.tasks.calls) == 2


def test_a_result_of_256_kib_is_the_largest(bench: StartBench) -> None:
    with pytest.raises(StateFailure, match=r"States\.DataLimitExceeded"):
        bench({"Call": TASK}, answer=lambda _: "x" * 262_143).run()
    assert bench({"Call": TASK}, answer=lambda _: "x" * 262_142).run() == "x" * 262_142


def test_a_task_that_takes_too_long_fails_with_states_timeout(bench: StartBench) -> None:
    run = bench({"Call": {**TASK, "TimeoutSeconds": 0.05}}, answer=lambda _: time.sleep(2))
    before = time.monotonic()
    with pytest.raises(StateFailure, match=r"States\.Timeout"):
        run.run()
    assert time.monotonic() - before < 1


def test_input_without_arguments_is_data_even_if_it_looks_like_an_expression(bench: StartBench) -> None:
    data = {"Key": "{% $states.input.never %}"}
    assert bench({"Call": TASK}).run(data) == data


def test_parallel_gives_every_branch_the_variables_and_keeps_their_order(bench: StartBench) -> None:
    def branch(output: str) -> dict[str, Any]:
        return {"StartAt": output, "States": {output: {"Type": "Pass", "Output": f"{{% {output} %}}", "End": True}}}

    run = bench(
        {
            "Set": {"Type": "Pass", "Assign": {"x": 5}, "Next": "Both"},
            "Both": {"Type": "Parallel", "Branches": [branch("$x"), branch("$x * 2")], "End": True},
        }
    )
    assert run.run() == [5, 10]


def test_a_failing_branch_stops_the_others_immediately(bench: StartBench) -> None:
    waiting = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 30, "End": True}}}
    breaking = {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "Broken"}}}
    run = bench({"Both": {"Type": "Parallel", "Branches": [waiting, breaking], "End": True}})
    before = time.monotonic()
    with pytest.raises(StateFailure, match="Broken"):
        run.run()
    assert time.monotonic() - before < 2


def test_an_inline_map_sees_item_index_and_outer_variables(bench: StartBench) -> None:
    processor = {
        "StartAt": "Sum",
        "States": {"Sum": {"Type": "Pass", "Output": "{% $states.input.v + $base %}", "End": True}},
    }
    item = "$states.context.Map.Item"
    run = bench(
        {
            "Set": {"Type": "Pass", "Assign": {"base": 100}, "Next": "Each"},
            "Each": {
                "Type": "Map",
                "Items": [1, 2, 3],
                "ItemSelector": {"v": f"{{% {item}.Value * 10 + {item}.Index %}}"},
                "ItemProcessor": processor,
                "MaxConcurrency": 2,
                "End": True,
            },
        }
    )
    assert run.run() == [110, 121, 132]


def test_redrive_resumes_in_the_failed_state_and_keeps_succeeded_branches(bench: StartBench) -> None:
    def branch(name: str) -> dict[str, Any]:
        return {"StartAt": name, "States": {name: {**TASK, "Arguments": name}}}

    broken = [True]

    def answer(arguments: Any) -> Any:
        if arguments == "B" and broken[0]:
            time.sleep(0.1)  # lets the other branch finish
            raise StateFailure("Boom")
        return arguments

    run = bench(
        {
            "Before": {**TASK, "Arguments": "before", "End": False, "Next": "Both"},
            "Both": {"Type": "Parallel", "Branches": [branch("A"), branch("B")], "End": True},
        },
        answer=answer,
    )
    with pytest.raises(StateFailure, match="Boom"):
        run.run()
    broken[0] = False
    assert run.run() == ["A", "B"]
    assert sorted(run.tasks.calls) == ["A", "B", "B", "before"]


def test_a_stop_ends_a_wait_immediately(bench: StartBench) -> None:
    run = bench({"Rest": {"Type": "Wait", "Seconds": 30, "End": True}})
    stop = Stop()
    threading.Timer(0.05, stop.throw).start()
    before = time.monotonic()
    with pytest.raises(Stopped):
        run.run(stop=stop)
    assert time.monotonic() - before < 2


def test_wait_until_a_timestamp_in_the_past_returns_immediately(bench: StartBench) -> None:
    run = bench({"Rest": {"Type": "Wait", "Timestamp": "{% $states.input %}", "End": True}})
    assert run.run("2020-01-01T00:00:00Z") == "2020-01-01T00:00:00Z"
