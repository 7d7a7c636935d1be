"""StateMachine takes a definition file and a type."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cdktf import Testing as CdktfTesting

from modules.asl.query_language import DefinitionError
from modules.location import Location
from modules.readable_stack import ReadableStack
from modules.state_machine import StateMachine

WORK = "arn:aws:lambda:us-east-1:111111111111:function:work"


def synthesized(definition: Any, **options: Any) -> Any:
    stack = ReadableStack(CdktfTesting.app(), "stack")
    location = Location(account_id="111111111111", region="us-east-1")
    StateMachine(stack, "m", name="m", location=location, definition=definition, log_retention_days=1, **options)
    resources: Any = json.loads(CdktfTesting.synth(stack))["resource"]
    return resources


def test_a_file_becomes_an_express_machine_with_its_placeholders_filled(tmp_path: Path) -> None:
    file = tmp_path / "m.asl.yaml"
    file.write_text(
        "StartAt: Work\n"
        "States:\n"
        "  Work: {Type: Task, Resource: 'arn:aws:states:::lambda:invoke', TimeoutSeconds: '${Seconds}',"
        " Parameters: {FunctionName: '${Work}'}, End: true}\n"
    )
    resources = synthesized(file, type_="EXPRESS", substitutions={"Work": WORK, "Seconds": 30})
    [machine] = resources["aws_sfn_state_machine"].values()
    work = json.loads(machine["definition"])["States"]["Work"]
    assert (machine["type"], work["TimeoutSeconds"], work["Parameters"]) == ("EXPRESS", 30, {"FunctionName": WORK})
    [policy] = [p for p in resources["aws_iam_role_policy"].values() if p["name"] == "invoke-functions"]
    assert json.loads(policy["policy"])["Statement"][0]["Resource"] == [WORK]


def test_a_file_with_a_placeholder_left_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "m.asl.json"
    file.write_text('{"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": ${Seconds}, "End": true}}}')
    with pytest.raises(DefinitionError, match=r"m\.asl\.json: placeholders without a value: Seconds"):
        synthesized(file)
