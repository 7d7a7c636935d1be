"""Definitions in JSONPath on the local cloud, IAM enforced, each by the role that is derived from it.

None is in the style of mapspan's own: they are what people have.
"""

import json
from typing import Any

import pytest

from tests.e2e.account import BUCKET, Account, arn, derived

KEY_LIST = "States.Format('lists/{}.json', $$.Execution.Name)"
LISTER_BOUNDS = {"ProcessKeys": {"ItemReader.Key": "lists/"}}
DAYS_BOUNDS = {"Objects": {"ItemReader.Prefix": "days/"}}


def task(function: str, **fields: Any) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": arn(function), "Payload.$": "$"},
        "OutputPath": "$.Payload",
        "End": True,
        **fields,
    }


def processor(kind: str, **states: dict[str, Any]) -> dict[str, Any]:
    return {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": kind},
        "StartAt": next(iter(states)),
        "States": states,
    }


def listed_keys() -> dict[str, Any]:
    """A function writes a list of keys, and a distributed Map reads it in batches."""
    payload = {"bucket": BUCKET, "prefix.$": "$.prefix", "key.$": KEY_LIST}
    keys = {
        "Type": "Map",
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "JSON"},
            "Parameters": {"Bucket": BUCKET, "Key.$": KEY_LIST},
        },
        "ItemBatcher": {"MaxItemsPerBatch": 2, "BatchInput": {"run.$": "$$.Execution.Name"}},
        "MaxConcurrency": 100,
        "ItemProcessor": processor("EXPRESS", ProcessBatch=task("work")),
        "ResultWriter": {
            "Resource": "arn:aws:states:::s3:putObject",
            "Parameters": {"Bucket": BUCKET, "Prefix": "results"},
        },
        "ResultPath": "$.results",
        "End": True,
    }
    lister = task(
        "list",
        Parameters={"FunctionName": arn("list"), "Payload": payload},
        ResultSelector={"keys.$": "$.Payload.keys"},
        ResultPath="$.listed",
        OutputPath="$",
        Next="AnyKeys",
    )
    del lister["End"]
    any_keys = {
        "Type": "Choice",
        "Choices": [{"Variable": "$.listed.keys", "NumericGreaterThan": 0, "Next": "ProcessKeys"}],
        "Default": "NoKeys",
    }
    states = {"ListKeys": lister, "AnyKeys": any_keys, "NoKeys": {"Type": "Succeed"}, "ProcessKeys": keys}
    return {"StartAt": "ListKeys", "States": states}


def days_in_parallel() -> dict[str, Any]:
    """In one branch a distributed Map over days, with another one over the day's objects in each child."""
    objects = {
        "Type": "Map",
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:listObjectsV2",
            "Parameters": {"Bucket": BUCKET, "Prefix.$": "States.Format('days/{}/', $.day)"},
        },
        "ItemSelector": {"Key.$": "$$.Map.Item.Value.Key", "day.$": "$.day"},
        "ItemProcessor": processor("EXPRESS", Work=task("work")),
        "End": True,
    }
    known_day = {
        "Type": "Choice",
        "Choices": [{"Variable": "$.day", "StringMatches": "2026-*", "Next": "Objects"}],
        "Default": "Unknown",
    }
    unknown = {"Type": "Fail", "Error": "UnknownDay", "CausePath": "$.day"}
    days = {
        "Type": "Map",
        "ItemsPath": "$.days",
        "ItemSelector": {"day.$": "$$.Map.Item.Value"},
        "ItemProcessor": processor("STANDARD", KnownDay=known_day, Objects=objects, Unknown=unknown),
        "End": True,
    }
    count = {"Type": "Pass", "Parameters": {"days.$": "States.ArrayLength($.days)"}, "End": True}
    both = {
        "Type": "Parallel",
        "Branches": [{"StartAt": "Days", "States": {"Days": days}}, {"StartAt": "Count", "States": {"Count": count}}],
        "ResultSelector": {"objects.$": "$[0][*][*].given.Key", "days.$": "$[1].days"},
        "End": True,
    }
    return {"StartAt": "Both", "States": {"Both": both}}


def test_a_list_of_keys_is_written_and_read_in_batches(account: Account) -> None:
    output = account.output(listed_keys(), {"prefix": "days/"}, bounds=LISTER_BOUNDS)
    assert output["listed"] == {"keys": 3}
    details, s3 = output["results"]["ResultWriterDetails"], account.client("s3")
    manifest = json.loads(s3.get_object(Bucket=details["Bucket"], Key=details["Key"])["Body"].read())
    [file] = manifest["ResultFiles"]["SUCCEEDED"]
    records = json.loads(s3.get_object(Bucket=BUCKET, Key=file["Key"])["Body"].read())
    keys = [item["key"] for record in records for item in json.loads(record["Output"])]
    assert sorted(keys) == ["days/2026-11-20/a", "days/2026-11-21/b", "days/2026-11-21/c"]
    assert len(records) == 2


def test_a_distributed_map_in_a_distributed_map_in_a_parallel(account: Account) -> None:
    output = account.output(days_in_parallel(), {"days": ["2026-11-20", "2026-11-21"]}, bounds=DAYS_BOUNDS)
    assert output == {"objects": ["days/2026-11-20/a", "days/2026-11-21/b", "days/2026-11-21/c"], "days": 2}


# What fails without each statement of a derived role.
LISTER_NEEDS = {
    "InvokeFunctions": "lambda:InvokeFunction",
    "ReadItems": "s3:GetObject",
    "WriteResults": "s3:PutObject",
    "StartChildExecutions": "states:StartExecution",
    "WatchChildExecutions": "states:DescribeExecution",
}
DAYS_NEEDS = {
    "InvokeFunctions": "lambda:InvokeFunction",
    "ListItems": "s3:ListBucket",
    "StartChildExecutions": "states:StartExecution",
    "WatchChildExecutions": "states:DescribeExecution",
    "StopChildExecutions": "states:StopExecution",
}
REDRIVE = "RedriveChildExecutions"


@pytest.mark.parametrize(("sid", "action"), LISTER_NEEDS.items())
def test_the_list_of_keys_needs_each_statement(account: Account, sid: str, action: str) -> None:
    execution = account.run(listed_keys(), {"prefix": "days/"}, bounds=LISTER_BOUNDS, without=sid)
    assert execution["status"] == "FAILED"
    assert action in account.causes(execution["executionArn"])


@pytest.mark.parametrize(("sid", "action"), DAYS_NEEDS.items())
def test_the_nested_maps_need_each_statement(account: Account, sid: str, action: str) -> None:
    """A day that fails has the other one stopped."""
    days = {"days": ["unknown" if sid == "StopChildExecutions" else "2026-11-20", "2026-11-21"]}
    execution = account.run(days_in_parallel(), days, bounds=DAYS_BOUNDS, without=sid)
    assert execution["status"] == "FAILED"
    assert action in account.causes(execution["executionArn"])


@pytest.mark.parametrize(
    ("definition", "failing", "bounds"),
    [
        (listed_keys(), {"prefix": "failing/"}, LISTER_BOUNDS),
        (days_in_parallel(), {"days": ["unknown"]}, DAYS_BOUNDS),
    ],
)
def test_a_redrive_needs_its_statement(account: Account, definition: Any, failing: Any, bounds: Any) -> None:
    """With it, what failed runs and fails again."""
    for sid, what in ((None, "tolerated failure threshold"), (REDRIVE, "states:RedriveExecution")):
        execution_arn = account.start(definition, failing, bounds=bounds, without=sid)
        account.finished(execution_arn)
        execution = account.redrive(execution_arn)
        assert execution["status"] == "FAILED"
        assert what in execution["cause"]


@pytest.mark.parametrize(
    ("definition", "bounds", "tried"),
    [(listed_keys(), LISTER_BOUNDS, LISTER_NEEDS), (days_in_parallel(), DAYS_BOUNDS, DAYS_NEEDS)],
)
def test_every_statement_of_a_role_is_tried(definition: Any, bounds: Any, tried: dict[str, str]) -> None:
    policies = derived(definition, "machine", bounds)
    assert {statement["Sid"] for statements in policies.values() for statement in statements} == {*tried, REDRIVE}
