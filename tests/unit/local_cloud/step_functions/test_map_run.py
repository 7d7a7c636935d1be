"""Distributed Maps, with S3, IAM and the Tasks faked."""

import threading
import time
from typing import Any

import pytest

from local_cloud.step_functions.descriptions import describe_map_run
from local_cloud.step_functions.errors import StateFailure, Stopped
from local_cloud.step_functions.stop import Stop
from tests.fixtures.fake_s3 import one_bucket, refusal
from tests.fixtures.maps import TASK, WRITER, distributed, failing_on, failing_on_any_of
from tests.fixtures.step_functions import FakeRole, StartBench


def test_without_a_writer_the_result_is_every_childs_output_in_order(bench: StartBench) -> None:
    run = bench(distributed(), answer=lambda arguments: arguments * 2)
    assert run.run([3, 1, 2]) == [6, 2, 4]
    assert run.map_run.arn.startswith("arn:aws:states:us-east-1:111111111111:mapRun:machine/Each:")


def test_the_items_of_an_object_are_its_entries(bench: StartBench) -> None:
    assert bench(distributed()).run({"a": 1}) == [{"Key": "a", "Value": 1}]


def test_a_map_run_without_items_succeeds(bench: StartBench) -> None:
    run = bench(distributed())
    assert run.run([]) == []
    assert describe_map_run(run.map_run)["status"] == "SUCCEEDED"


def test_items_are_selected_and_then_batched(bench: StartBench) -> None:
    selector = {"v": "{% $states.context.Map.Item.Value & $states.input.suffix %}"}
    run = bench(
        distributed(
            Items="{% $states.input.items %}",
            ItemSelector=selector,
            ItemBatcher={"MaxItemsPerBatch": 2, "BatchInput": {"s": "{% $states.input.suffix %}"}},
        )
    )
    assert run.run({"items": ["a", "b", "c"], "suffix": "!"}) == [
        {"BatchInput": {"s": "!"}, "Items": [{"v": "a!"}, {"v": "b!"}]},
        {"BatchInput": {"s": "!"}, "Items": [{"v": "c!"}]},
    ]


def test_a_child_sees_its_own_execution_and_no_outer_variables(bench: StartBench) -> None:
    look = {"Type": "Pass", "Output": "{% $states.context.Execution %}", "End": True}
    run = bench(distributed({"Look": look}, kind="STANDARD"))
    [execution] = run.run([7])
    assert execution["Input"] == 7
    assert execution["Id"] == f"arn:aws:states:us-east-1:111111111111:execution:machine/Each:{execution['Name']}"


def test_counts_cover_children_and_their_items(bench: StartBench) -> None:
    """`resultsWritten` counts results that were gathered, without a ResultWriter too: fact 12."""
    run = bench(distributed(ItemBatcher={"MaxItemsPerBatch": 4}, ToleratedFailureCount=4), answer=_fail_on_nine)
    run.run(list(range(10)))
    described = describe_map_run(run.map_run)
    assert {name: count for name, count in described["executionCounts"].items() if count} == {
        "succeeded": 2,
        "failed": 1,
        "total": 3,
        "resultsWritten": 3,
    }
    assert {name: count for name, count in described["itemCounts"].items() if count} == {
        "succeeded": 8,
        "failed": 2,
        "total": 10,
        "resultsWritten": 10,
    }


def _fail_on_nine(arguments: Any) -> Any:
    if 9 in arguments["Items"]:
        raise StateFailure("Boom")
    return arguments


def test_by_default_one_failure_is_too_many_and_unstarted_children_stay_pending(bench: StartBench) -> None:
    run = bench(distributed(MaxConcurrency=1, ResultWriter=WRITER), answer=failing_on(2))
    with pytest.raises(StateFailure) as failed:
        run.run([1, 2, 3, 4])
    assert failed.value.error == "States.ExceedToleratedFailureThreshold"
    assert failed.value.cause == "The specified tolerated failure threshold was exceeded"
    counts = describe_map_run(run.map_run)["itemCounts"]
    assert (counts["succeeded"], counts["failed"], counts["pending"]) == (1, 1, 2)
    assert [record["Input"] for record in run.role.s3.lines("PENDING_0.jsonl")] == ["3", "4"]
    [failure] = run.role.s3.lines("FAILED_0.jsonl")
    assert (failure["Error"], failure["Cause"], failure["Status"]) == ("Boom", "2 is bad", "FAILED")


@pytest.mark.parametrize(
    ("tolerated", "passes"),
    [
        ({"ToleratedFailureCount": 2}, True),
        ({"ToleratedFailureCount": 1}, False),
        ({"ToleratedFailurePercentage": 20}, True),
        ({"ToleratedFailurePercentage": 19}, False),
        ({"ToleratedFailureCount": 5, "ToleratedFailurePercentage": 10}, False),
        ({"ToleratedFailureCount": 0, "ToleratedFailurePercentage": 20}, True),
    ],
)
def test_a_map_run_fails_over_any_threshold(bench: StartBench, tolerated: dict[str, Any], passes: bool) -> None:
    run = bench(distributed(**tolerated), answer=failing_on(3, 4))
    if passes:
        assert run.run(list(range(10)))[3] == {"Status": "FAILED", "Error": "Boom", "Cause": "3 is bad"}
    else:
        with pytest.raises(StateFailure, match="ExceedToleratedFailureThreshold"):
            run.run(list(range(10)))


def test_at_most_max_concurrency_children_run_at_a_time(bench: StartBench) -> None:
    running, most, lock = [0], [0], threading.Lock()

    def answer(arguments: Any) -> Any:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        time.sleep(0.01)
        with lock:
            running[0] -= 1
        return arguments

    bench(distributed(MaxConcurrency=3), answer=answer).run(list(range(20)))
    assert most[0] == 3


def test_redrive_runs_failed_and_unstarted_children_in_the_same_map_run(bench: StartBench) -> None:
    bad = [2]
    run = bench(
        distributed(MaxConcurrency=1, ResultWriter=WRITER),
        answer=failing_on_any_of(bad),
    )
    with pytest.raises(StateFailure):
        run.run([1, 2, 3, 4])
    arn = run.map_run.arn
    bad.clear()
    result = run.run()
    assert result["MapRunArn"] == run.map_run.arn == arn
    assert run.tasks.calls == [1, 2, 2, 3, 4]
    described = describe_map_run(run.map_run)
    assert (described["status"], described["redriveCount"]) == ("SUCCEEDED", 1)
    assert described["itemCounts"]["succeeded"] == 4
    assert [run.role.s3.lines(f"SUCCEEDED_{attempt}.jsonl") for attempt in (0, 1)] == [[1], [2, 3, 4]]
    assert ("states:RedriveExecution", _child_resource(arn)) in run.role.required


def _child_resource(map_run_arn: str) -> str:
    return map_run_arn.replace(":mapRun:", ":execution:")


def test_a_standard_child_is_redriven_from_the_state_that_failed(bench: StartBench) -> None:
    states = {"First": {**TASK, "Output": "second", "End": False, "Next": "Second"}, "Second": TASK}
    bad = ["second"]
    run = bench(distributed(states, kind="STANDARD"), answer=failing_on_any_of(bad))
    with pytest.raises(StateFailure):
        run.run([1])
    bad.clear()
    assert run.run() == ["second"]
    assert run.tasks.calls == [1, "second", "second"]


def test_a_retry_of_the_map_is_a_new_map_run_over_all_items(bench: StartBench) -> None:
    bad = [2]

    def answer(arguments: Any) -> Any:
        if arguments in bad:
            bad.clear()
            raise StateFailure("Boom")
        return arguments

    retry = [{"ErrorEquals": ["States.ExceedToleratedFailureThreshold"], "IntervalSeconds": 0}]
    run = bench(distributed(MaxConcurrency=1, Retry=retry), answer=answer)
    assert run.run([1, 2]) == [1, 2]
    assert run.tasks.calls == [1, 2, 1, 2]
    assert sorted(map_run.status for map_run in run.store.map_runs.values()) == ["FAILED", "SUCCEEDED"]


def test_a_stopped_run_aborts_its_standard_children_and_leaves_the_rest_pending(bench: StartBench) -> None:
    states = {"Rest": {"Type": "Wait", "Seconds": 30, "End": True}}
    run = bench(distributed(states, kind="STANDARD", MaxConcurrency=2))
    stop = Stop()
    threading.Timer(0.1, stop.throw).start()
    with pytest.raises(Stopped):
        run.run([1, 2, 3], stop=stop)
    described = describe_map_run(run.map_run)
    counts = described["executionCounts"]
    assert (described["status"], counts["aborted"], counts["pending"]) == ("ABORTED", 2, 1)


@pytest.mark.parametrize("action", ["states:StartExecution", "states:DescribeExecution"])
def test_a_role_without_a_permission_on_children_fails_the_map_with_its_name(bench: StartBench, action: str) -> None:
    run = bench(distributed(), role=FakeRole(refused={action}))
    with pytest.raises(StateFailure, match=f"not authorized to perform: {action}"):
        run.run([1])
    assert run.tasks.calls == []
    assert describe_map_run(run.map_run)["status"] == "FAILED"


def test_a_role_without_redrive_permission_fails_the_redrive_with_its_name(bench: StartBench) -> None:
    run = bench(distributed(), answer=failing_on(1), role=FakeRole(refused={"states:RedriveExecution"}))
    for expected in ("ExceedToleratedFailureThreshold", "not authorized to perform: states:RedriveExecution"):
        with pytest.raises(StateFailure, match=expected):
            run.run([1])


def test_a_denied_reader_names_the_denied_action(bench: StartBench) -> None:
    reader = {"Resource": "arn:aws:states:::s3:listObjectsV2", "Arguments": {"Bucket": "runs", "Prefix": "keys/"}}
    run = bench(distributed(ItemReader=reader), role=FakeRole(one_bucket(denied={"ListObjectsV2"})))
    with pytest.raises(StateFailure, match=r"States\.ItemReaderFailed.*AccessDenied.*ListObjectsV2"):
        run.run()


def test_a_denied_writer_names_the_denied_action(bench: StartBench) -> None:
    run = bench(distributed(ResultWriter=WRITER), role=FakeRole(one_bucket(denied={"PutObject"})))
    with pytest.raises(StateFailure, match=r"States\.ResultWriterFailed.*AccessDenied.*PutObject"):
        run.run([1])


def test_a_redrive_after_a_failed_write_does_not_run_children_again(bench: StartBench) -> None:
    role = FakeRole()

    def answer(arguments: Any) -> Any:
        role.s3.refused_puts = refusal("AccessDenied")
        return arguments

    run = bench(distributed(ResultWriter=WRITER), answer=answer, role=role)
    with pytest.raises(StateFailure, match=r"States\.ResultWriterFailed: .*AccessDenied"):
        run.run([1])
    role.s3.refused_puts = None
    run.run()
    assert run.tasks.calls == [1]
    assert role.s3.lines("SUCCEEDED_0.jsonl") == [1]


def test_a_distributed_map_runs_within_an_inline_one(bench: StartBench) -> None:
    inner = {"StartAt": "Each", "States": distributed()}
    run = bench({"Outer": {"Type": "Map", "ItemProcessor": inner, "End": True}})
    assert run.run([[1, 2], [3]]) == [[1, 2], [3]]
    assert len(run.store.map_runs) == 2


def test_limits_can_change_while_the_map_run_runs(bench: StartBench) -> None:
    release = threading.Event()

    def answer(arguments: Any) -> Any:
        release.wait(5)
        return failing_on(1)(arguments)

    run = bench(distributed(), answer=answer)

    def tolerate() -> None:
        while not run.store.map_runs:
            time.sleep(0.01)
        run.map_run.update({"toleratedFailureCount": 1})
        release.set()

    threading.Thread(target=tolerate).start()
    assert len(run.run([1, 2])) == 2
