"""Definitions of one distributed Map, for questions about Maps alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PASS: Mapping[str, Any] = {"StartAt": "Item", "States": {"Item": {"Type": "Pass", "End": True}}}
# Thousands of these fit the 256 KiB of a Map's result.
NO_OUTPUT: Mapping[str, Any] = {"StartAt": "Item", "States": {"Item": {"Type": "Pass", "Output": {}, "End": True}}}
FAIL: Mapping[str, Any] = {
    "StartAt": "Item",
    "States": {"Item": {"Type": "Fail", "Error": "Refused", "Cause": "this item always fails"}},
}
# Fails for an item whose field `fail` is true; otherwise its output is an array, which FLATTEN takes apart.
SOME_FAIL: Mapping[str, Any] = {
    "StartAt": "Fails",
    "States": {
        "Fails": {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $states.input.fail = true %}", "Next": "Refused"}],
            "Default": "Item",
        },
        "Refused": {"Type": "Fail", "Error": "Refused", "Cause": "this item fails"},
        "Item": {"Type": "Pass", "Output": ["{% $states.input %}"], "End": True},
    },
}


def one_map(*, child: Mapping[str, Any] = PASS, kind: str = "STANDARD", **fields: Any) -> dict[str, Any]:
    """A machine with one distributed Map; `fields` are the Map's other fields, such as ItemReader."""
    processor = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": kind}, **child}
    state = {"Type": "Map", "Label": "Items", "ItemProcessor": processor, **fields, "End": True}
    return {"QueryLanguage": "JSONata", "StartAt": "Map", "States": {"Map": state}}


def file_reader(bucket: str, key: str, input_type: str = "JSONL", **arguments: str) -> dict[str, Any]:
    """Reads the items of one file."""
    return {
        "Resource": "arn:aws:states:::s3:getObject",
        "ReaderConfig": {"InputType": input_type},
        "Arguments": {"Bucket": bucket, "Key": key, **arguments},
    }


def listing_reader(bucket: str, prefix: str, **arguments: str) -> dict[str, Any]:
    """Reads the objects below a prefix, one item each."""
    return {
        "Resource": "arn:aws:states:::s3:listObjectsV2",
        "Arguments": {"Bucket": bucket, "Prefix": prefix, **arguments},
    }


def contents_reader(bucket: str, prefix: str) -> dict[str, Any]:
    """Reads the lines of all files below a prefix, as mapspan reads a key list."""
    config = {"InputType": "JSONL", "Transformation": "LOAD_AND_FLATTEN"}
    return {**listing_reader(bucket, prefix), "ReaderConfig": config}


def result_writer(bucket: str, prefix: str, transformation: str, output_type: str) -> dict[str, Any]:
    return {
        "Resource": "arn:aws:states:::s3:putObject",
        "Arguments": {"Bucket": bucket, "Prefix": prefix},
        "WriterConfig": {"Transformation": transformation, "OutputType": output_type},
    }
