"""Maps in JSONPath, inline and distributed. The facts are in docs/recorded-on-aws.md."""

import json
from typing import Any

import pytest

from local_cloud.step_functions.errors import StateFailure
from tests.fixtures.fake_s3 import one_bucket
from tests.fixtures.maps import TASK, distributed
from tests.fixtures.step_functions import Bench, FakeRole, StartBench

SELECTOR = {"v.$": "$$.Map.Item.Value", "i.$": "$$.Map.Item.Index", "base.$": "$.base", "fixed": "$.base"}


def inline(**fields: Any) -> dict[str, Any]:
    processor = {"StartAt": "I", "States": {"I": {"Type": "Pass", "End": True}}}
    return {"Each": {"Type": "Map", "ItemProcessor": processor, "End": True, **fields}}


def failure(run: Bench, data: Any) -> StateFailure:
    with pytest.raises(StateFailure) as failed:
        run.run(data)
    return failed.value


@pytest.mark.parametrize("machine", [inline, distributed])
def test_items_are_selected_from_a_path(paths: StartBench, machine: Any) -> None:
    """Fact 29: a value whose name doesn't end in `.$` stays text."""
    run = paths(
        machine(InputPath="$.in", ItemsPath="$.items", ItemSelector=SELECTOR, ResultPath="$.out", OutputPath="$.out")
    )
    assert run.run({"in": {"items": ["a", "b"], "base": 7}}) == [
        {"v": "a", "i": 0, "base": 7, "fixed": "$.base"},
        {"v": "b", "i": 1, "base": 7, "fixed": "$.base"},
    ]


def test_the_old_names_of_a_map_still_work(paths: StartBench) -> None:
    """Fact 8: Iterator, with its ProcessorConfig, and Parameters."""
    state = distributed(Parameters={"v.$": "$$.Map.Item.Value"})["Each"]
    state["Iterator"] = state.pop("ItemProcessor")
    assert paths({"Each": state}).run([1]) == [{"v": 1}]


def test_items_may_come_from_a_variable_or_the_context_object(paths: StartBench) -> None:
    assert paths(inline(ItemsPath="$$.Execution.Input.items")).run({"items": [1]}) == [1]
    states = {"Set": {"Type": "Pass", "Assign": {"list": [3]}, "Next": "Each"}, **inline(ItemsPath="$list")}
    assert paths(states).run() == [3]


@pytest.mark.parametrize(("path", "shown"), [("$", "$"), ("$.n", "$.n"), ("$$.Execution.Input", "$.Execution.Input")])
def test_items_that_are_no_array_fail(paths: StartBench, path: str, shown: str) -> None:
    """Fact 68."""
    failed = failure(paths(inline(ItemsPath=path)), {"n": 1})
    assert (failed.error, failed.cause) == ("States.Runtime", f'Reference path "{shown}" must point to array.')


def test_an_items_path_that_finds_nothing_is_a_conflict(paths: StartBench) -> None:
    failed = failure(paths(inline(ItemsPath="$.none.items")), {"n": 1})
    assert failed.error == "States.ReferencePathConflict"
    assert failed.cause.endswith('Unable to apply step "none" to input {"n":1}')


@pytest.mark.parametrize(
    ("field", "value", "what"),
    [
        (
            "MaxConcurrency",
            "NoNumber",
            'The MaxConcurrencyPath field refers to value "NoNumber" which is not a valid integer: $.v',
        ),
        ("MaxConcurrency", {}, 'The MaxConcurrencyPath field refers to value "{}" which is not a valid integer: $.v'),
        (
            "ToleratedFailureCount",
            "nan",
            'The ToleratedFailureCountPath field refers to value "nan" which is not a valid integer: $.v',
        ),
        ("ToleratedFailureCount", -1, "ToleratedFailureCount cannot be negative."),
        ("ToleratedFailurePercentage", 100.1, "ToleratedFailurePercentage must be between 0 and 100."),
        (
            "ToleratedFailurePercentage",
            "x",
            'The ToleratedFailurePercentagePath field refers to value "x" which is not a valid float: $.v',
        ),
    ],
)
def test_a_limit_from_a_path_is_checked_before_the_map_run(
    paths: StartBench, field: str, value: Any, what: str
) -> None:
    """Facts 16 and 19."""
    limit: dict[str, Any] = {f"{field}Path": "$.v"}
    run = paths(distributed(ItemsPath="$.items", **limit))
    failed = failure(run, {"items": [1], "v": value})
    assert failed.error == "States.Runtime"
    assert failed.cause.endswith(f"(entered at the event id #1). {what}")
    assert "MapRunStarted" not in run.events()


def test_limits_from_paths_hold_and_may_be_texts(paths: StartBench) -> None:
    """Fact 18."""
    batcher = {
        "MaxItemsPerBatchPath": "$.two",
        "MaxInputBytesPerBatchPath": "$.bytes",
        "BatchInput": {"run.$": "$$.Execution.Name"},
    }
    run = paths(
        distributed(
            ItemsPath="$.items", MaxConcurrencyPath="$.two", ToleratedFailureCountPath="$.two", ItemBatcher=batcher
        )
    )
    batches = run.run({"items": [1, 2, 3], "two": "2", "bytes": "15000"})
    assert batches == [{"BatchInput": {"run": "e"}, "Items": [1, 2]}, {"BatchInput": {"run": "e"}, "Items": [3]}]
    assert (run.map_run.limits.max_concurrency, run.map_run.limits.tolerated_failure_count) == (2, 2)


def reader(**config: Any) -> dict[str, Any]:
    return {
        "Resource": "arn:aws:states:::s3:getObject",
        "ReaderConfig": {"InputType": "JSON", **config},
        "Parameters": {"Bucket.$": "$.bucket", "Key.$": "States.Format('{}.json', $$.Execution.Name)"},
    }


def test_items_are_read_and_results_written_where_parameters_say(paths: StartBench) -> None:
    writer = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket.$": "$.bucket", "Prefix.$": "$.to"}}
    s3 = one_bucket()
    s3.put_object(Bucket="runs", Key="e.json", Body=json.dumps(["a", "b", "c"]).encode())
    run = paths(
        distributed(
            ItemReader=reader(MaxItemsPath="$.most"),
            ResultWriter=writer,
            ResultSelector={"key.$": "$.ResultWriterDetails.Key"},
        ),
        role=FakeRole(s3=s3),
    )
    output = run.run({"bucket": "runs", "to": "out", "most": 2})
    assert output["key"].startswith("out/")
    assert run.tasks.calls == ["a", "b"]
    manifest = json.loads(s3.get_object(Bucket="runs", Key=output["key"])["Body"].read())
    assert len(manifest["ResultFiles"]["SUCCEEDED"]) == 1


@pytest.mark.parametrize(
    ("most", "error", "what"),
    [
        (1.5, "States.Runtime", 'The MaxItemsPath field refers to value "1.5" which is not a valid integer: $.most'),
        (-1, "States.ItemReaderFailed", "field MaxItems must be positive"),
    ],
)
def test_max_items_from_a_path_is_checked(paths: StartBench, most: Any, error: str, what: str) -> None:
    """Fact 21."""
    failed = failure(paths(distributed(ItemReader=reader(MaxItemsPath="$.most"))), {"bucket": "runs", "most": most})
    assert failed.error == error
    assert failed.cause.endswith(what)


def test_items_path_is_ignored_beside_an_item_reader(paths: StartBench) -> None:
    """Fact 28."""
    s3 = one_bucket()
    s3.put_object(Bucket="runs", Key="e.json", Body=b"[1]")
    run = paths(distributed(ItemReader=reader(), ItemsPath="$.none"), role=FakeRole(s3=s3))
    assert run.run({"bucket": "runs"}) == [1]


def test_an_item_selector_that_fails_fails_the_map_run(paths: StartBench) -> None:
    run = paths(distributed(ItemSelector={"v.$": "$.none"}))
    assert failure(run, [1]).error == "States.Runtime"
    assert run.events()[-2:] == ["MapRunFailed", "MapStateFailed"]


def test_a_distributed_map_inside_an_inline_map_inside_a_parallel(paths: StartBench) -> None:
    inner = distributed(
        {"Work": TASK}, ItemsPath="$.files", ItemSelector={"f.$": "$$.Map.Item.Value", "day.$": "$.day"}
    )
    outer = inline(ItemsPath="$.days")
    outer["Each"]["ItemProcessor"] = {"StartAt": "Each2", "States": {"Each2": inner["Each"]}}
    branches = [
        {"StartAt": "Each", "States": outer},
        {
            "StartAt": "Count",
            "States": {"Count": {"Type": "Pass", "Parameters": {"days.$": "States.ArrayLength($.days)"}, "End": True}},
        },
    ]
    run = paths({"Both": {"Type": "Parallel", "Branches": branches, "End": True}})
    days = [{"day": 1, "files": ["a"]}, {"day": 2, "files": ["b", "c"]}]
    assert run.run({"days": days}) == [
        [[{"f": "a", "day": 1}], [{"f": "b", "day": 2}, {"f": "c", "day": 2}]],
        {"days": 2},
    ]
