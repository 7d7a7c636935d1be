"""Definitions that Step Functions accepts, and definitions that it refuses, to test the validators.

They are written by hand, so a mistake in `modules.asl` can't hide here. Each broken definition is a good one with a
single error, which its name describes.
"""

import copy
import json
from collections.abc import Callable
from typing import Any

Definition = dict[str, Any]  # JSON, some of it invalid on purpose

FUNCTION = "arn:aws:lambda:us-east-1:111111111111:function:work"
TASK: Definition = {
    "Type": "Task",
    "Resource": "arn:aws:states:::lambda:invoke",
    "Arguments": {"FunctionName": FUNCTION, "Payload": "{% $states.input %}"},
    "End": True,
}
GET_OBJECT = "arn:aws:states:::s3:getObject"
LIST_OBJECTS = "arn:aws:states:::s3:listObjectsV2"
WRITER: Definition = {
    "Resource": "arn:aws:states:::s3:putObject",
    "Arguments": {"Bucket": "runs", "Prefix": "map-runs"},
    "WriterConfig": {"Transformation": "FLATTEN", "OutputType": "JSONL"},
}


def child(state: Definition | None = None, execution_type: str = "STANDARD", name: str = "Work") -> Definition:
    return {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": execution_type},
        "StartAt": name,
        "States": {name: state or TASK},
    }


def distributed(**fields: Any) -> Definition:
    return {"Type": "Map", "Label": "Work", "ItemProcessor": child(), "End": True} | fields


def reader(config: Definition, resource: str = GET_OBJECT, **arguments: Any) -> Definition:
    where = {"Key": "items"} if resource == GET_OBJECT else {"Prefix": "items/"}
    return {"Resource": resource, "ReaderConfig": config, "Arguments": {"Bucket": "data", **where} | arguments}


def machine(state: Definition, **fields: Any) -> Definition:
    return {"QueryLanguage": "JSONata", "StartAt": "Map", "States": {"Map": state}} | fields


def read(config: Definition, resource: str = GET_OBJECT, **arguments: Any) -> Definition:
    return machine(distributed(ItemReader=reader(config, resource, **arguments)))


def json_path(**fields: Any) -> Definition:
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": FUNCTION, "Payload.$": "$"},
        "End": True,
    }
    return {"StartAt": "Map", "States": {"Map": distributed(ItemProcessor=child(task)) | fields}}


CSV = {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}
CONTENTS = {"InputType": "JSONL", "Transformation": "LOAD_AND_FLATTEN"}

GOOD: dict[str, Definition] = {
    "items from the input": machine(distributed()),
    "items from an expression": machine(distributed(Items="{% $states.input.orders %}")),
    "literal items": machine(distributed(Items=[1, "two", {"three": 3}])),
    "a JSON file": read({"InputType": "JSON"}),
    "a JSON file with a pointer": read({"InputType": "JSON", "ItemsPointer": "/orders"}),
    "a JSON Lines file in one version": read({"InputType": "JSONL"}, VersionId="3HL4kqtJlcpXroDTDmJ"),
    "a CSV file": read(CSV),
    "a CSV file with given headers": read(
        {
            "InputType": "CSV",
            "CSVHeaderLocation": "GIVEN",
            "CSVHeaders": ["key", "size"],
            "CSVDelimiter": "TAB",
        }
    ),
    "a Parquet file": read({"InputType": "PARQUET"}),
    "an inventory": read({"ManifestType": "S3_INVENTORY"}),
    "an inventory, older spelling": read({"InputType": "MANIFEST"}),
    "an Athena manifest of CSV": read(CSV | {"ManifestType": "ATHENA_DATA"}),
    "an Athena manifest of Parquet": read({"ManifestType": "ATHENA_DATA", "InputType": "PARQUET"}),
    "objects": machine(
        distributed(ItemReader={"Resource": LIST_OBJECTS, "Arguments": {"Bucket": "data", "Prefix": "a/"}})
    ),
    "a limited number of objects": read({"MaxItems": 100_000_000}, LIST_OBJECTS),
    "any number of objects": read({"MaxItems": 0}, LIST_OBJECTS),
    "the contents of objects": read(CONTENTS, LIST_OBJECTS, ExpectedBucketOwner="111111111111"),
    "the contents of CSV objects": read(CSV | {"Transformation": "LOAD_AND_FLATTEN"}, LIST_OBJECTS),
    "a reader known at run time": read(
        {"InputType": "JSON", "MaxItems": "{% $states.input.most %}"}, Key="{% $states.input.key %}"
    ),
    "batches by count": machine(distributed(ItemBatcher={"MaxItemsPerBatch": 100})),
    "batches by bytes, with input": machine(
        distributed(ItemBatcher={"MaxInputBytesPerBatch": 262_144, "BatchInput": {"run": "{% $states.input.run %}"}})
    ),
    "an expression for the batches": machine(
        distributed(ItemBatcher={"MaxItemsPerBatch": 10, "BatchInput": "{% $states.input.run %}"})
    ),
    "results written": machine(distributed(ResultWriter=WRITER)),
    "results written into an account's own bucket": machine(
        distributed(
            ResultWriter={**WRITER, "Arguments": {**WRITER["Arguments"], "ExpectedBucketOwner": "111111111111"}}
        )
    ),
    "results shaped, not written": machine(
        distributed(ResultWriter={"WriterConfig": {"Transformation": "COMPACT", "OutputType": "JSON"}})
    ),
    "nothing tolerated, explicitly": machine(
        distributed(ToleratedFailureCount=0, ToleratedFailurePercentage=0, MaxConcurrency=0)
    ),
    "half a percent tolerated": machine(distributed(ToleratedFailurePercentage=0.5)),
    "limits known at run time": machine(
        distributed(MaxConcurrency="{% $states.input.at_once %}", ToleratedFailureCount="{% $states.input.bad %}")
    ),
    "EXPRESS children": machine(distributed(ItemProcessor=child(execution_type="EXPRESS"))),
    "a callback in STANDARD children": machine(
        distributed(ItemProcessor=child(TASK | {"Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken"}))
    ),
    "retried and caught": {
        "QueryLanguage": "JSONata",
        "StartAt": "Map",
        "States": {
            "Map": distributed(
                Retry=[{"ErrorEquals": ["States.ItemReaderFailed"], "MaxAttempts": 1}, {"ErrorEquals": ["States.ALL"]}],
                Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Failed"}],
            ),
            "Failed": {"Type": "Fail", "Error": "MapFailed", "Cause": "{% $states.input.Cause %}"},
        },
    },
    "an inline Map": machine(
        {
            "Type": "Map",
            "Items": "{% $states.input %}",
            "ItemProcessor": {"StartAt": "Work", "States": {"Work": TASK}},
            "End": True,
        }
    ),
    "a threshold on an inline Map": machine(
        {
            "Type": "Map",
            "Items": "{% $states.input %}",
            "ToleratedFailureCount": "{% $states.input.bad %}",
            "ToleratedFailurePercentage": "{% $states.input.share %}",
            "ItemProcessor": {"StartAt": "Work", "States": {"Work": TASK}},
            "End": True,
        }
    ),
    "a distributed Map in a Parallel": machine(
        {
            "Type": "Parallel",
            "Branches": [{"StartAt": "Inner", "States": {"Inner": distributed()}}],
            "End": True,
        }
    ),
    "a distributed Map in an inline Map": machine(
        {
            "Type": "Map",
            "Items": "{% $states.input %}",
            "ItemProcessor": {"StartAt": "Inner", "States": {"Inner": distributed()}},
            "End": True,
        }
    ),
    "JSONPath": json_path(
        ItemsPath="$.orders",
        ItemSelector={"order.$": "$$.Map.Item.Value"},
        MaxConcurrencyPath="$.at_once",
        ResultPath=None,
    ),
    "JSONPath with a reader": json_path(
        ItemReader={
            "Resource": GET_OBJECT,
            "ReaderConfig": {"InputType": "JSON", "MaxItemsPath": "$.most"},
            "Parameters": {"Bucket.$": "$.bucket", "Key.$": "$.key"},
        }
    ),
    "JSONPath with a reader, which ignores ItemsPath": json_path(
        ItemsPath="$.nowhere",
        ItemReader={
            "Resource": GET_OBJECT,
            "ReaderConfig": {"InputType": "JSON"},
            "Parameters": {"Bucket": "data", "Key": "items"},
        },
    ),
}


def changed(good: str, change: Callable[[Definition], object]) -> Definition:
    """A good definition with one change in its Map."""
    definition: Definition = copy.deepcopy(GOOD[good])
    change(definition["States"]["Map"])
    return definition


def swapped(good: str, old: str, new: str) -> Definition:
    """A good definition with one piece of its text replaced."""
    text = json.dumps(GOOD[good])
    assert text.count(old) >= 1, f"{old} is not in {good}"
    swapped_definition: Definition = json.loads(text.replace(old, new))
    return swapped_definition


BROKEN: dict[str, Definition] = {
    "StartAt names no state": swapped("items from the input", '"StartAt": "Map"', '"StartAt": "Nap"'),
    "Next names no state": changed("items from the input", lambda s: (s.pop("End"), s.update(Next="Nowhere"))),
    "neither Next nor End": changed("items from the input", lambda s: s.pop("End")),
    "Next and End": changed("items from the input", lambda s: s.update(Next="Map")),
    "an unreachable state": {
        **GOOD["items from the input"],
        "States": {**GOOD["items from the input"]["States"], "Alone": {"Type": "Succeed"}},
    },
    "Catch names no state": swapped("retried and caught", '"Next": "Failed"', '"Next": "Fallen"'),
    "an unknown field": changed("items from the input", lambda s: s.update(Labels="Work")),
    "an unknown type": swapped("items from the input", '"Type": "Map"', '"Type": "Mop"'),
    "no ItemProcessor": changed("items from the input", lambda s: s.pop("ItemProcessor")),
    "no ExecutionType": changed(
        "items from the input", lambda s: s["ItemProcessor"]["ProcessorConfig"].pop("ExecutionType")
    ),
    "an unknown ExecutionType": swapped("EXPRESS children", '"EXPRESS"', '"FAST"'),
    "an expression that does not parse": swapped("items from an expression", "$states.input.orders", "$states.(("),
    "JSONPath's ItemsPath in JSONata": changed("items from the input", lambda s: s.update(ItemsPath="$.orders")),
    "JSONPath's MaxConcurrencyPath in JSONata": changed(
        "items from the input", lambda s: s.update(MaxConcurrencyPath="$.at_once")
    ),
    "JSONata's Items in JSONPath": changed("JSONPath", lambda s: (s.pop("ItemsPath"), s.update(Items=[1]))),
    "JSONata's Output in JSONPath": changed("JSONPath", lambda s: s.update(Output={"a": 1})),
    "a path that does not begin with $": swapped("JSONPath", "$.orders", "orders"),
    "MaxConcurrency and its Path": changed("JSONPath", lambda s: s.update(MaxConcurrency=5)),
    "a percentage over 100": changed("items from the input", lambda s: s.update(ToleratedFailurePercentage=101)),
    "a negative count": changed("items from the input", lambda s: s.update(ToleratedFailureCount=-1)),
    "a negative MaxConcurrency": changed("items from the input", lambda s: s.update(MaxConcurrency=-1)),
    "a negative MaxItems": swapped("a limited number of objects", "100000000", "-1"),
    "a reader's unknown field": swapped("a JSON file", "InputType", "InputTyp"),
    "an unknown field of listed objects": swapped("a limited number of objects", "MaxItems", "MaxItem"),
    "a reader's unknown Resource": swapped("a JSON file", "s3:getObject", "s3:headObject"),
    "a reader without Arguments": changed("a JSON file", lambda s: s["ItemReader"].pop("Arguments")),
    "a reader without a Bucket": changed("a JSON file", lambda s: s["ItemReader"]["Arguments"].pop("Bucket")),
    "a file without a Key": changed("a JSON file", lambda s: s["ItemReader"]["Arguments"].pop("Key")),
    "a file without an InputType": changed("a JSON file", lambda s: s["ItemReader"]["ReaderConfig"].clear()),
    "an unknown InputType": swapped("a JSON file", '"JSON"', '"YAML"'),
    "CSV without a header location": changed(
        "a CSV file", lambda s: s["ItemReader"]["ReaderConfig"].pop("CSVHeaderLocation")
    ),
    "GIVEN headers without CSVHeaders": swapped("a CSV file", "FIRST_ROW", "GIVEN"),
    "CSVHeaders beside FIRST_ROW": swapped("a CSV file with given headers", "GIVEN", "FIRST_ROW"),
    "an unknown delimiter": swapped("a CSV file with given headers", "TAB", "DASH"),
    "a header location without CSV": swapped("a CSV file", '"CSV"', '"JSON"'),
    "a pointer into JSON Lines": swapped("a JSON file with a pointer", '"JSON"', '"JSONL"'),
    "an inventory with an InputType": changed(
        "an inventory", lambda s: s["ItemReader"]["ReaderConfig"].update(InputType="CSV")
    ),
    "an Athena manifest without an InputType": changed(
        "an Athena manifest of Parquet", lambda s: s["ItemReader"]["ReaderConfig"].pop("InputType")
    ),
    "an unknown manifest": swapped("an inventory", "S3_INVENTORY", "GLUE_DATA"),
    "contents without a Transformation": changed(
        "the contents of objects", lambda s: s["ItemReader"]["ReaderConfig"].pop("Transformation")
    ),
    "contents without an InputType": changed(
        "the contents of objects", lambda s: s["ItemReader"]["ReaderConfig"].pop("InputType")
    ),
    "an owner that is not an account": swapped("the contents of objects", "111111111111", "data-team"),
    "a version of a Parquet file": changed(
        "a Parquet file", lambda s: s["ItemReader"]["Arguments"].update(VersionId="1")
    ),
    "a Key where objects are listed": changed("objects", lambda s: s["ItemReader"]["Arguments"].update(Key="items")),
    "Items beside a reader": changed("a JSON file", lambda s: s.update(Items=[1])),
    "a batcher with no limit": changed("batches by count", lambda s: s["ItemBatcher"].clear()),
    "empty batches": changed("batches by count", lambda s: s["ItemBatcher"].update(MaxItemsPerBatch=0)),
    "batches over 256 KiB": swapped("batches by bytes, with input", "262144", "262145"),
    "a writer without Arguments": changed("results written", lambda s: s["ResultWriter"].pop("Arguments")),
    "an empty writer": changed("results written", lambda s: s["ResultWriter"].clear()),
    "an unknown output type": swapped("results written", '"JSONL"', '"CSV"'),
    "an unknown transformation": swapped("results written", "FLATTEN", "FLAT"),
    "a label of 41 characters": changed("items from the input", lambda s: s.update(Label="a" * 41)),
    "a label with a space": changed("items from the input", lambda s: s.update(Label="my label")),
    "a callback in EXPRESS children": swapped("a callback in STANDARD children", '"STANDARD"', '"EXPRESS"'),
    "a job to wait for in EXPRESS children": machine(
        distributed(
            ItemProcessor=child(
                {
                    "Type": "Parallel",
                    "Branches": [
                        {
                            "StartAt": "Run",
                            "States": {"Run": TASK | {"Resource": "arn:aws:states:::ecs:runTask.sync"}},
                        }
                    ],
                    "End": True,
                },
                "EXPRESS",
            )
        )
    ),
    "a distributed Map in EXPRESS children": machine(
        distributed(Label="Outer", ItemProcessor=child(distributed(Label="Inner"), "EXPRESS", "Inner"))
    ),
    "a reader in an inline Map": changed(
        "an inline Map", lambda s: (s.pop("Items"), s.update(ItemReader=reader({"InputType": "JSON"})))
    ),
    "a batcher in an inline Map": changed("an inline Map", lambda s: s.update(ItemBatcher={"MaxItemsPerBatch": 10})),
    "a label on an inline Map": changed("an inline Map", lambda s: s.update(Label="Work")),
    "a Retry without errors": swapped("retried and caught", '["States.ItemReaderFailed"]', "[]"),
    "States.ALL beside another error": swapped(
        "retried and caught", '["States.ItemReaderFailed"]', '["States.ItemReaderFailed", "States.ALL"]'
    ),
    "a state name twice": machine(
        {
            "Type": "Parallel",
            "Branches": [
                {"StartAt": "Work", "States": {"Work": TASK}},
                {"StartAt": "Work", "States": {"Work": TASK}},
            ],
            "End": True,
        }
    ),
}
