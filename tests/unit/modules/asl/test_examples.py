"""The examples do what they say: each is run, and its permissions name what it touches and no more."""

from typing import Any

import pytest
from sfnx import testing

from examples import csv_file, map_in_map, map_in_parallel, own_pipeline, thousand_in_parallel
from modules.asl.permissions import needs
from modules.pipeline.workflow.definition import PIPELINE_BOUNDS

ACCOUNT, REGION = "111111111111", "eu-west-1"
LAMBDA = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function"


def resources(definition: dict[str, Any], **options: Any) -> dict[str, list[str]]:
    found = needs(
        definition, name="example", account_id=ACCOUNT, region=REGION, logging=False, tracing=False, **options
    )
    return {statement["Sid"]: statement["Resource"] for statements in found.values() for statement in statements}


def invoke(call: testing.Call) -> dict[str, object]:
    """A function that answers with what it was given, and its own name."""
    assert isinstance(call.arguments, dict)
    name = call.arguments["FunctionName"].rsplit(":", maxsplit=1)[-1]
    return {"Payload": {"by": name, "given": call.arguments["Payload"]}}


def test_a_thousand_items_each_reach_the_function_in_their_order() -> None:
    definition = thousand_in_parallel.definition(function_arn=f"{LAMBDA}:work")
    output = testing.run(definition, {"items": list(range(1000))}, invoke).output
    assert output == [{"by": "work", "given": number} for number in range(1000)]
    assert definition["States"]["EachItem"]["MaxConcurrency"] == 1000  # type: ignore[index]  # JSON
    assert resources(definition)["InvokeFunctions"] == [f"{LAMBDA}:work"]


def test_rows_of_a_csv_file_come_in_batches_with_numbers_made_of_text() -> None:
    definition = csv_file.definition(function_arn=f"{LAMBDA}:work", bucket="b", key="in/rows.csv", account_id=ACCOUNT)
    given: list[Any] = []

    def tasks(call: testing.Call) -> object:
        if call.state == "Rows":
            return [{"id": f"r{number}", "amount": f"{number}.5"} for number in range(150)]
        given.append(call.arguments["Payload"])  # type: ignore[index]  # Lambda's are dicts
        return {"Payload": []}

    output = testing.run(definition, {"run": "2026-11"}, tasks).output
    assert [len(batch["Items"]) for batch in given] == [100, 50]
    assert given[1]["BatchInput"] == {"run": "2026-11"}
    assert given[1]["Items"][49] == {"id": "r149", "amount": 149.5}
    assert output == {"Bucket": "b", "Key": "results/run/manifest.json"}
    found = resources(definition)
    assert found["ReadItems"] == ["arn:aws:s3:::b/in/rows.csv"]
    assert found["WriteResults"] == ["arn:aws:s3:::b/results/*"]


def test_two_maps_side_by_side_each_have_their_prefix_function_and_label() -> None:
    definition = map_in_parallel.definition(
        image_function_arn=f"{LAMBDA}:image", text_function_arn=f"{LAMBDA}:text", bucket="b"
    )

    def tasks(call: testing.Call) -> object:
        if call.state in {"Images", "Texts"}:
            return [{"Key": f"{call.arguments['Prefix']}1", "Size": 5}]  # type: ignore[index]  # S3's are dicts
        return invoke(call)

    assert testing.run(definition, {}, tasks).output == [
        [{"by": "image", "given": {"Key": "images/1"}}],
        [{"by": "text", "given": {"Key": "texts/1"}}],
    ]
    found = resources(definition)
    assert found["InvokeFunctions"] == [f"{LAMBDA}:image", f"{LAMBDA}:text"]
    assert found["RedriveChildExecutions"] == [
        f"arn:aws:states:{REGION}:{ACCOUNT}:execution:example/{label}:*" for label in ("Images", "Texts")
    ]


def test_a_map_of_each_day_lists_that_day_and_is_held_to_the_days() -> None:
    definition = map_in_map.definition(function_arn=f"{LAMBDA}:work", bucket="b")
    listed: list[Any] = []

    def tasks(call: testing.Call) -> object:
        if call.state == "Objects":
            listed.append(call.arguments["Prefix"])  # type: ignore[index]  # S3's are dicts
            return [{"Key": f"{listed[-1]}a"}]
        return invoke(call)

    output = testing.run(definition, {"days": ["2026-11-20", "2026-11-21"]}, tasks).output
    assert listed == ["days/2026-11-20/", "days/2026-11-21/"]
    assert [[answer["given"]["Key"] for answer in day] for day in output] == [  # type: ignore[attr-defined]  # JSON
        ["days/2026-11-20/a"],
        ["days/2026-11-21/a"],
    ]
    with pytest.raises(ValueError, match=r"Objects: ItemReader\.Prefix"):
        resources(definition)
    found = needs(
        definition, name="example", account_id=ACCOUNT, region=REGION, bounds=map_in_map.BOUNDS, logging=False
    )
    assert found["read-items"][0]["Condition"] == {"StringLike": {"s3:prefix": "days/*"}}


def test_the_pipeline_can_be_had_for_a_stack_of_ones_own() -> None:
    definition = own_pipeline.definition(
        list_objects_arn=f"{LAMBDA}:list",
        process_objects_arn=f"{LAMBDA}:process",
        summarize_run_arn=f"{LAMBDA}:summarize",
        runs_bucket="runs",
        account_id=ACCOUNT,
    )
    assert set(resources(definition, bounds=own_pipeline.BOUNDS)["InvokeFunctions"]) == {
        f"{LAMBDA}:{name}" for name in ("list", "process", "summarize")
    }
    assert own_pipeline.BOUNDS == PIPELINE_BOUNDS
