"""Each example runs as its docstring says, and its permissions name only what it touches."""

from typing import Any

import pytest
from sfnx import testing

from examples import csv_file, map_in_map, map_in_parallel, own_pipeline, thousand_in_parallel
from modules.asl.permissions import needs

ACCOUNT, REGION = "111111111111", "eu-west-1"
LAMBDA = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function"


def resources(definition: dict[str, Any], **options: Any) -> dict[str, list[str]]:
    by_need = needs(
        definition, name="example", account_id=ACCOUNT, region=REGION, logging=False, tracing=False, **options
    )
    return {statement["Sid"]: statement["Resource"] for statements in by_need.values() for statement in statements}


def invoke(call: testing.Call) -> dict[str, object]:
    """A function that returns its name and its payload."""
    assert isinstance(call.arguments, dict)
    name = call.arguments["FunctionName"].rsplit(":", maxsplit=1)[-1]
    return {"Payload": {"by": name, "given": call.arguments["Payload"]}}


def test_a_thousand_items_reach_the_function_in_order() -> None:
    definition = thousand_in_parallel.definition(function_arn=f"{LAMBDA}:work")
    output = testing.run(definition, {"items": list(range(1000))}, invoke).output
    assert output == [{"by": "work", "given": number} for number in range(1000)]
    assert definition["States"]["EachItem"]["MaxConcurrency"] == 1000  # type: ignore[index]  # JSON
    assert resources(definition)["InvokeFunctions"] == [f"{LAMBDA}:work"]


def test_rows_of_a_csv_file_come_in_batches_with_numbers_parsed_from_text() -> None:
    definition = csv_file.definition(function_arn=f"{LAMBDA}:work", bucket="b", key="in/rows.csv", account_id=ACCOUNT)
    payloads: list[Any] = []

    def tasks(call: testing.Call) -> object:
        if call.state == "Rows":
            return [{"id": f"r{number}", "amount": f"{number}.5"} for number in range(150)]
        payloads.append(call.arguments["Payload"])  # type: ignore[index]  # Lambda's are dicts
        return {"Payload": []}

    output = testing.run(definition, {"run": "2026-11"}, tasks).output
    assert [len(batch["Items"]) for batch in payloads] == [100, 50]
    assert payloads[1]["BatchInput"] == {"run": "2026-11"}
    assert payloads[1]["Items"][49] == {"id": "r149", "amount": 149.5}
    assert output == {"Bucket": "b", "Key": "results/run/manifest.json"}
    by_sid = resources(definition)
    assert by_sid["ReadItems"] == ["arn:aws:s3:::b/in/rows.csv"]
    assert by_sid["WriteResults"] == ["arn:aws:s3:::b/results/*"]


def test_each_of_two_parallel_maps_has_its_own_prefix_function_and_label() -> None:
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
    by_sid = resources(definition)
    assert by_sid["InvokeFunctions"] == [f"{LAMBDA}:image", f"{LAMBDA}:text"]
    assert by_sid["RedriveChildExecutions"] == [
        f"arn:aws:states:{REGION}:{ACCOUNT}:execution:example/{label}:*" for label in ("Images", "Texts")
    ]


def test_the_map_of_a_day_lists_that_day_and_may_list_only_days() -> None:
    definition = map_in_map.definition(function_arn=f"{LAMBDA}:work", bucket="b")
    prefixes: list[Any] = []

    def tasks(call: testing.Call) -> object:
        if call.state == "Objects":
            prefixes.append(call.arguments["Prefix"])  # type: ignore[index]  # S3's are dicts
            return [{"Key": f"{prefixes[-1]}a"}]
        return invoke(call)

    output = testing.run(definition, {"days": ["2026-11-20", "2026-11-21"]}, tasks).output
    assert prefixes == ["days/2026-11-20/", "days/2026-11-21/"]
    assert [[answer["given"]["Key"] for answer in day] for day in output] == [  # type: ignore[attr-defined]  # JSON
        ["days/2026-11-20/a"],
        ["days/2026-11-21/a"],
    ]
    with pytest.raises(ValueError, match=r"Objects: ItemReader\.Prefix"):
        resources(definition)
    by_need = needs(
        definition, name="example", account_id=ACCOUNT, region=REGION, bounds=map_in_map.BOUNDS, logging=False
    )
    assert by_need["read-items"][0]["Condition"] == {"StringLike": {"s3:prefix": "days/*"}}


def test_the_pipeline_can_be_part_of_another_stack() -> None:
    definition = own_pipeline.definition(
        list_objects_arn=f"{LAMBDA}:list",
        process_objects_arn=f"{LAMBDA}:process",
        summarize_run_arn=f"{LAMBDA}:summarize",
        runs_bucket="runs",
        account_id=ACCOUNT,
    )
    map_runs = f"arn:aws:states:{REGION}:{ACCOUNT}:mapRun:example/*:*"
    bounds = own_pipeline.bounds(list_objects_arn=f"{LAMBDA}:list", map_runs_arn=map_runs)
    derived = resources(definition, bounds=bounds)
    assert set(derived["InvokeFunctions"]) == {f"{LAMBDA}:{name}" for name in ("list", "process", "summarize")}
    assert map_runs in str(derived)
