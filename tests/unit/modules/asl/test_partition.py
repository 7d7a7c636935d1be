"""The integrations of a definition get the partition of its machine, wherever they are, and nothing else changes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from modules.asl.partition import in_partition
from tests.fixtures.machines import LAMBDA, distributed, machine, reader, task

# Data that looks like an integration is data.
SEND = task("sqs:sendMessage.waitForTaskToken", {"MessageBody": {"Resource": "arn:aws:states:::lambda:invoke"}})
CHILD = {
    "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
    "StartAt": "Read",
    "States": {"Read": task("aws-sdk:s3:getObject", {"Bucket": "data", "Key": "a"})},
}
WRITER = {"Resource": "arn:aws:states:::s3:putObject", "Arguments": {"Bucket": "out"}}
DEFINITION: dict[str, Any] = machine(
    Send=SEND,
    Call={"Type": "Task", "Resource": f"{LAMBDA}:work", "End": True},
    Both={"Type": "Parallel", "Branches": [machine(Left=task("lambda:invoke", {})), machine(Right=SEND)], "End": True},
    Each=distributed(ItemReader=reader({"InputType": "JSON"}, Key="k"), ResultWriter=WRITER, ItemProcessor=CHILD),
    Old={"Type": "Map", "Iterator": machine(Inner=task("lambda:invoke", {})), "End": True},
)


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_every_integration_and_nothing_else_gets_the_partition(partition: str) -> None:
    data = json.dumps({"MessageBody": {"Resource": "arn:aws:states:::lambda:invoke"}})
    expected = json.dumps(DEFINITION).replace("arn:aws:states:::", f"arn:{partition}:states:::")
    expected = expected.replace(data.replace("arn:aws:", f"arn:{partition}:"), data)
    assert in_partition(DEFINITION, partition) == json.loads(expected)
    assert expected.count(f"arn:{partition}:states:::") >= 7


def test_a_definition_comes_back_from_another_partition() -> None:
    assert in_partition(in_partition(DEFINITION, "aws-cn"), "aws") == DEFINITION


@pytest.mark.parametrize("wrong", [{}, {"States": []}, machine(Each={"ItemProcessor": 1, "Branches": [2]})])
def test_what_is_no_definition_is_left_to_those_who_report_it(wrong: dict[str, object]) -> None:
    assert in_partition(wrong, "aws-cn") == wrong
