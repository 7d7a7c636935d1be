"""DistributedMap: what it renders in each query language, and which fields it refuses."""

import json
import subprocess
import sys
from typing import Any

import pytest

from modules.asl.distributed_map import DistributedMap
from modules.asl.item_batcher import ItemBatcher
from modules.asl.item_reader import (
    AthenaManifest,
    Csv,
    CsvFile,
    ItemReader,
    JsonFile,
    JsonLinesFile,
    ParquetFile,
    S3Inventory,
    S3ObjectContents,
    S3Objects,
)
from modules.asl.query_language import DefinitionError, Path, QueryLanguage
from modules.asl.result_writer import ResultWriter

WORK: dict[str, Any] = {"StartAt": "Work", "States": {"Work": {"Type": "Pass", "End": True}}}


def distributed(**fields: Any) -> DistributedMap:
    return DistributedMap(**({"item_processor": WORK} | fields))


def refused(language: QueryLanguage = "JSONata", **fields: Any) -> list[str]:
    """The fields that the errors name."""
    return [error.split(":")[0] for error in distributed(**fields).errors(language)]


def test_the_defaults_are_careful() -> None:
    assert distributed().render() == {
        "Type": "Map",
        "QueryLanguage": "JSONata",
        "MaxConcurrency": 1000,
        "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, **WORK},
        "End": True,
    }


def test_jsonata_writes_expressions_and_jsonpath_renames_the_field() -> None:
    fields: dict[str, Any] = {
        "execution_type": "EXPRESS",
        "label": "Work",
        "retry": [{"ErrorEquals": ["States.ItemReaderFailed"]}],
        "catch": [{"ErrorEquals": ["States.ALL"], "Next": "Failed"}],
        "comment": "why",
        "next": "After",
    }
    jsonata = distributed(
        **fields,
        item_reader=JsonFile(bucket="{% $bucket %}", key="items.json", max_items="{% $most %}"),
        item_selector={"item": "{% $states.context.Map.Item.Value %}"},
        item_batcher=ItemBatcher(max_items_per_batch="{% $size %}", batch_input="{% $run %}"),
        max_concurrency="{% $at_once %}",
        tolerated_failure_percentage="{% $bad %}",
        result_writer=ResultWriter(bucket="out", prefix="{% $run.name %}"),
        assign={"run": "{% $states.result %}"},
        output="{% $states.input %}",
    )
    jsonpath = distributed(
        **fields,
        item_reader=JsonFile(bucket=Path("$.bucket"), key="items.json", max_items=Path("$.most")),
        item_selector={"item.$": "$$.Map.Item.Value"},
        item_batcher=ItemBatcher(max_items_per_batch=Path("$.size"), batch_input={"run.$": "$.run"}),
        max_concurrency=Path("$.at_once"),
        tolerated_failure_percentage=Path("$.bad"),
        result_writer=ResultWriter(bucket="out", prefix=Path("$.run.name")),
        input_path="$.all",
        result_selector={"run.$": "$.MapRunArn"},
        result_path=None,
        output_path="$.all",
    )
    common = {
        "Type": "Map",
        "Comment": "why",
        "Label": "Work",
        "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}, **WORK},
        "Retry": fields["retry"],
        "Catch": fields["catch"],
        "Next": "After",
    }
    assert jsonata.render("JSONata") == common | {
        "QueryLanguage": "JSONata",
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "JSON", "MaxItems": "{% $most %}"},
            "Arguments": {"Bucket": "{% $bucket %}", "Key": "items.json"},
        },
        "ItemSelector": {"item": "{% $states.context.Map.Item.Value %}"},
        "ItemBatcher": {"MaxItemsPerBatch": "{% $size %}", "BatchInput": "{% $run %}"},
        "MaxConcurrency": "{% $at_once %}",
        "ToleratedFailurePercentage": "{% $bad %}",
        "ResultWriter": {
            "Resource": "arn:aws:states:::s3:putObject",
            "Arguments": {"Bucket": "out", "Prefix": "{% $run.name %}"},
        },
        "Assign": {"run": "{% $states.result %}"},
        "Output": "{% $states.input %}",
    }
    assert jsonpath.render("JSONPath") == common | {
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "JSON", "MaxItemsPath": "$.most"},
            "Parameters": {"Bucket.$": "$.bucket", "Key": "items.json"},
        },
        "ItemSelector": {"item.$": "$$.Map.Item.Value"},
        "ItemBatcher": {"MaxItemsPerBatchPath": "$.size", "BatchInput": {"run.$": "$.run"}},
        "MaxConcurrencyPath": "$.at_once",
        "ToleratedFailurePercentagePath": "$.bad",
        "ResultWriter": {
            "Resource": "arn:aws:states:::s3:putObject",
            "Parameters": {"Bucket": "out", "Prefix.$": "$.run.name"},
        },
        "InputPath": "$.all",
        "ResultSelector": {"run.$": "$.MapRunArn"},
        "ResultPath": None,
        "OutputPath": "$.all",
    }
    assert json.loads(json.dumps(jsonpath.render("JSONPath"))) == jsonpath.render("JSONPath")


@pytest.mark.parametrize(
    ("item_reader", "config", "arguments"),
    [
        (S3Objects(bucket="b"), None, {}),
        (S3Objects(bucket="b", prefix="p", max_items=5), {"MaxItems": 5}, {"Prefix": "p"}),
        (
            S3ObjectContents(bucket="b", prefix="p/", input_type="JSONL", expected_bucket_owner="111111111111"),
            {"InputType": "JSONL", "Transformation": "LOAD_AND_FLATTEN"},
            {"ExpectedBucketOwner": "111111111111", "Prefix": "p/"},
        ),
        (
            S3ObjectContents(bucket="b", prefix="p/", input_type="CSV"),
            {"InputType": "CSV", "Transformation": "LOAD_AND_FLATTEN", "CSVHeaderLocation": "FIRST_ROW"},
            {"Prefix": "p/"},
        ),
        (
            JsonFile(bucket="b", key="k", items_pointer="/orders/0", version_id="v"),
            {"InputType": "JSON", "ItemsPointer": "/orders/0"},
            {"Key": "k", "VersionId": "v"},
        ),
        (JsonLinesFile(bucket="b", key="k"), {"InputType": "JSONL"}, {"Key": "k"}),
        (CsvFile(bucket="b", key="k"), {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}, {"Key": "k"}),
        (
            CsvFile(bucket="b", key="k", csv=Csv(headers=("key", "size"), delimiter="TAB")),
            {
                "InputType": "CSV",
                "CSVHeaderLocation": "GIVEN",
                "CSVHeaders": ["key", "size"],
                "CSVDelimiter": "TAB",
            },
            {"Key": "k"},
        ),
        (ParquetFile(bucket="b", key="k"), {"InputType": "PARQUET"}, {"Key": "k"}),
        (S3Inventory(bucket="b", key="k"), {"ManifestType": "S3_INVENTORY"}, {"Key": "k"}),
        (S3Inventory(bucket="b", key="k", spelling="InputType"), {"InputType": "MANIFEST"}, {"Key": "k"}),
        (
            AthenaManifest(bucket="b", key="k", input_type="PARQUET"),
            {"ManifestType": "ATHENA_DATA", "InputType": "PARQUET"},
            {"Key": "k"},
        ),
        (
            AthenaManifest(bucket="b", key="k", input_type="CSV"),
            {"ManifestType": "ATHENA_DATA", "InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"},
            {"Key": "k"},
        ),
    ],
)
def test_every_reader_renders_its_own_fields(
    item_reader: ItemReader, config: dict[str, object] | None, arguments: dict[str, object]
) -> None:
    assert distributed(item_reader=item_reader).errors("JSONata") == []
    rendered = item_reader.render("JSONata")
    assert rendered.get("ReaderConfig") == config
    assert rendered["Arguments"] == {"Bucket": "b"} | arguments
    action = "getObject" if "Key" in arguments else "listObjectsV2"
    assert rendered["Resource"] == f"arn:aws:states:::s3:{action}"


def test_zero_is_rendered() -> None:
    rendered = distributed(max_concurrency=0, tolerated_failure_percentage=0, tolerated_failure_count=0).render()
    assert rendered["MaxConcurrency"] == 0
    assert rendered["ToleratedFailurePercentage"] == 0
    assert rendered["ToleratedFailureCount"] == 0


def test_half_a_percent_is_tolerated() -> None:
    """Fact 15 of those recorded on AWS: the percentage is a float."""
    assert distributed(tolerated_failure_percentage=0.5).render()["ToleratedFailurePercentage"] == 0.5


def test_max_items_0_is_rendered_and_means_no_limit() -> None:
    """Fact 21 of those recorded on AWS."""
    state = distributed(item_reader=S3Objects(bucket="b", max_items=0))
    assert state.errors("JSONata") == []
    assert state.render()["ItemReader"]["ReaderConfig"] == {"MaxItems": 0}  # type: ignore[index]  # plain JSON


def test_a_writer_names_the_account_that_must_own_its_bucket() -> None:
    writer = ResultWriter(bucket="b", prefix="p", expected_bucket_owner="111111111111")
    assert distributed(result_writer=writer).render()["ResultWriter"] == {
        "Resource": "arn:aws:states:::s3:putObject",
        "Arguments": {"Bucket": "b", "ExpectedBucketOwner": "111111111111", "Prefix": "p"},
    }
    alone = ResultWriter(expected_bucket_owner="111111111111", transformation="NONE", output_type="JSON")
    assert refused(result_writer=alone) == ["ResultWriter.Arguments.ExpectedBucketOwner"]


def test_items_path_beside_a_reader_is_refused_because_aws_ignores_it() -> None:
    """Fact 28 of those recorded on AWS."""
    state = distributed(item_reader=JsonFile(bucket="b", key="k"), items_path="$.orders")
    assert state.errors("JSONPath") == ["ItemsPath: AWS ignores it beside ItemReader; remove it, or the ItemReader"]


def test_all_errors_are_reported_together_and_name_their_fields() -> None:
    broken = distributed(
        item_processor={"StartAt": "Nowhere", "States": WORK["States"]},
        execution_type="FAST",
        item_reader=CsvFile(
            bucket="",
            key="",
            expected_bucket_owner="team",
            max_items=-1,
            csv=Csv(headers=("a", "a"), delimiter="DASH"),  # type: ignore[arg-type]  # wrong on purpose
        ),
        items=[1],
        item_selector="not an expression",
        item_batcher=ItemBatcher(max_items_per_batch=0, max_input_bytes_per_batch=262_145),
        max_concurrency=10_001,
        tolerated_failure_percentage=101,
        tolerated_failure_count=-1,
        label="my label" * 6,
        result_writer=ResultWriter(prefix="p", transformation="FLATTEN"),
        retry=[{"ErrorEquals": ["States.ALL", "States.Timeout"]}],
        catch=[{"ErrorEquals": []}],
        result_path="$.x",
    )
    with pytest.raises(DefinitionError) as refusal:
        broken.render()
    assert [error.split(": ")[0] for error in refusal.value.errors] == [
        "ItemProcessor.ProcessorConfig.ExecutionType",
        "ItemProcessor.StartAt",
        "Items",
        "ItemReader.Arguments.Bucket",
        "ItemReader.Arguments.Key",
        "ItemReader.Arguments.ExpectedBucketOwner",
        "ItemReader.ReaderConfig.MaxItems",
        "ItemReader.ReaderConfig.CSVDelimiter",
        "ItemReader.ReaderConfig.CSVHeaders",
        "ItemSelector",
        "ItemBatcher.MaxItemsPerBatch",
        "ItemBatcher.MaxInputBytesPerBatch",
        "MaxConcurrency",
        "ToleratedFailurePercentage",
        "ToleratedFailureCount",
        "Label",
        "Label",
        "ResultWriter.Arguments.Prefix",
        "ResultWriter.WriterConfig",
        "ResultPath",
        "Retry[0].ErrorEquals",
        "Catch[0].ErrorEquals",
        "Catch[0].Next",
    ]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"item_reader": S3ObjectContents(bucket="b", input_type="JSONL", csv=Csv())}, "CSVHeaderLocation"),
        ({"item_reader": S3ObjectContents(bucket="b", input_type="JSONL", items_pointer="/a")}, "ItemsPointer"),
        ({"item_reader": S3ObjectContents(bucket="b", input_type="YAML")}, "InputType"),  # type: ignore[arg-type]  # wrong on purpose
        ({"item_reader": JsonFile(bucket="b", key="k", items_pointer="orders")}, "ItemsPointer"),
        ({"item_reader": JsonFile(bucket="b", key="k", items_pointer="/a~2")}, "ItemsPointer"),
        ({"item_reader": CsvFile(bucket="b", key="k", csv=Csv(headers=()))}, "CSVHeaders"),
        ({"item_reader": ParquetFile(bucket="b", key="k", version_id="v")}, "VersionId"),
        ({"item_reader": AthenaManifest(bucket="b", key="k", input_type="JSON")}, "InputType"),  # type: ignore[arg-type]  # wrong on purpose
        ({"item_reader": JsonFile(bucket="b", key="k", max_items=100_000_001)}, "MaxItems"),
        ({"item_reader": JsonFile(bucket="b", key="k", max_items=True)}, "MaxItems"),
        ({"item_reader": JsonFile(bucket="b", key="k", max_items=1.5)}, "MaxItems"),  # type: ignore[arg-type]  # wrong on purpose
        ({"tolerated_failure_percentage": 100.1}, "ToleratedFailurePercentage"),
        ({"tolerated_failure_percentage": -0.5}, "ToleratedFailurePercentage"),
        ({"tolerated_failure_percentage": float("nan")}, "ToleratedFailurePercentage"),
        ({"tolerated_failure_percentage": True}, "ToleratedFailurePercentage"),
        ({"result_writer": ResultWriter(bucket="b", expected_bucket_owner="team")}, "ExpectedBucketOwner"),
        ({"item_batcher": ItemBatcher()}, "ItemBatcher"),
        ({"item_batcher": ItemBatcher(max_items_per_batch=1.5)}, "MaxItemsPerBatch"),  # type: ignore[arg-type]  # wrong on purpose
        ({"result_writer": ResultWriter()}, "ResultWriter"),
        ({"result_writer": ResultWriter(transformation="FLAT", output_type="JSON")}, "Transformation"),  # type: ignore[arg-type]  # wrong on purpose
        ({"items": "$.orders"}, "Items"),
        ({"items_path": "$.orders"}, "ItemsPath"),
        ({"max_concurrency": Path("$.at_once")}, "MaxConcurrency"),
        ({"max_concurrency": "{% %}"}, "MaxConcurrency"),
        ({"item_selector": {"deep": [{"a.$": "$.a"}]}}, "a.$"),
        ({"output": {"a": "{% never closed"}}, "a"),
        ({"result_selector": {"a": 1}}, "ResultSelector"),
        ({"input_path": None}, "InputPath"),
        ({"item_processor": {"StartAt": "A", "States": {}}}, "States"),
        ({"item_processor": WORK | {"ProcessorConfig": {}}}, "ProcessorConfig"),
        ({"label": ""}, "Label"),
        ({"label": "a" * 41}, "Label"),
        *(({"label": f"a{refused}b"}, "Label") for refused in ' \t\n?*<>{}[]:;,\\|^~$#%&`"\x07'),
        ({"comment": ""}, "Comment"),
        ({"retry": [{"ErrorEquals": ["States.ALL"]}, {"ErrorEquals": ["A"]}]}, "ErrorEquals"),
    ],
)
def test_a_field_that_aws_would_refuse_is_refused_by_name(fields: dict[str, Any], field: str) -> None:
    (error,) = refused(**fields)
    assert error.split(".", 1)[-1].endswith(field) or error == field


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"items": [1]}, "Items"),
        ({"items": "{% $x %}"}, "Items"),
        ({"items_path": "orders"}, "ItemsPath"),
        ({"output": {}}, "Output"),
        ({"max_concurrency": "{% $x %}"}, "MaxConcurrency"),
        ({"max_concurrency": Path("at_once")}, "MaxConcurrency"),
        ({"item_selector": "{% $x %}"}, "ItemSelector"),
        ({"item_selector": {"a.$": "a"}}, "ItemSelector.a.$"),
        ({"item_selector": {"a": "{% $a %}"}}, "ItemSelector.a"),
        ({"result_path": "x"}, "ResultPath"),
        ({"item_reader": S3Objects(bucket="{% $b %}")}, "ItemReader.Parameters.Bucket"),
    ],
)
def test_jsonpath_refuses_jsonata_fields(fields: dict[str, Any], field: str) -> None:
    assert refused("JSONPath", **fields) == [field]


@pytest.mark.parametrize(
    "resource", ["sqs:sendMessage.waitForTaskToken", "ecs:runTask.sync", "states:startExecution.sync:2"]
)
def test_express_children_cannot_wait_for_a_callback_or_a_job_at_any_depth(resource: str) -> None:
    waiting = {"StartAt": "Wait", "States": {"Wait": {"Type": "Task", "Resource": f"arn:aws:states:::{resource}"}}}
    inline = {"StartAt": "Inline", "States": {"Inline": {"Type": "Map", "ItemProcessor": waiting}}}
    processor = {"StartAt": "Both", "States": {"Both": {"Type": "Parallel", "Branches": [WORK, inline]}}}
    assert refused(item_processor=processor, execution_type="EXPRESS") == [
        "ItemProcessor.States.Both.Inline.Wait.Resource"
    ]
    assert refused(item_processor=processor, execution_type="STANDARD") == []


def test_express_children_cannot_run_a_distributed_map() -> None:
    inner = {"StartAt": "Inner", "States": {"Inner": distributed().render()}}
    assert refused(item_processor=inner, execution_type="EXPRESS") == ["ItemProcessor.States.Inner"]
    assert refused(item_processor=inner) == []


def test_definitions_and_permissions_do_not_load_jsii() -> None:
    """Definitions are data: anyone can use them without Node and Terraform."""
    code = (
        "import sys, modules.pipeline.workflow.definition, modules.asl.permissions; "
        "loaded = {name.split('.')[0] for name in sys.modules} & {'jsii', 'cdktf', 'constructs', 'boto3'}; "
        "assert not loaded, loaded"
    )
    subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603 - our own code
