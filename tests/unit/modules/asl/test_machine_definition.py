"""A machine's definition comes from a file or a dict, has no placeholders left, and fits the machine's type."""

import json
from pathlib import Path
from typing import Any

import pytest

from examples import nightly_check
from modules.asl.machine_definition import machine_definition
from modules.asl.permissions import needs
from modules.asl.query_language import DefinitionError
from tests.fixtures.machines import ACCOUNT, LAMBDA, REGION, distributed, machine, task

CALL = task("lambda:invoke", {"FunctionName": "${WorkArn}"})
VALUES = {"WorkArn": f"{LAMBDA}:work"}


@pytest.mark.parametrize("name", ["machine.asl.json", "machine.asl.yaml"])
def test_a_file_and_a_dict_give_the_same_definition(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_text(json.dumps(machine(Call=CALL)))  # JSON is YAML too
    filled: Any = machine_definition(file, type_="STANDARD", substitutions=VALUES)
    assert filled == machine_definition(machine(Call=CALL), type_="STANDARD", substitutions=VALUES)
    assert filled["States"]["Call"]["Arguments"]["FunctionName"] == f"{LAMBDA}:work"


def test_a_placeholder_without_a_value_is_an_error_that_says_what_to_pass(tmp_path: Path) -> None:
    file = tmp_path / "machine.json"
    file.write_text(json.dumps(machine(Call=CALL)))
    message = 'placeholders without a value: WorkArn; pass substitutions={"WorkArn": …}'
    with pytest.raises(DefinitionError) as of_file:
        machine_definition(file, type_="STANDARD")
    assert str(of_file.value) == f"{file}: {message}"
    with pytest.raises(DefinitionError) as of_dict:
        machine_definition(machine(Call=CALL), type_="STANDARD", substitutions={})
    assert str(of_dict.value) == message


def test_a_dict_without_substitutions_stays_as_it_is() -> None:
    definition = machine(Wait={"Type": "Wait", "Seconds": 1, "Comment": "as in ${x}", "End": True})
    assert machine_definition(definition, type_="STANDARD") == definition


def test_the_tokens_of_cdktf_are_no_placeholders() -> None:
    definition = machine(Call=task("lambda:invoke", {"FunctionName": "${TfToken[TOKEN.1]}", "Payload": "${Payload}"}))
    filled: Any = machine_definition(definition, type_="STANDARD", substitutions={"Payload": "${TfToken[TOKEN.2]}"})
    assert filled["States"]["Call"]["Arguments"] == {
        "FunctionName": "${TfToken[TOKEN.1]}",
        "Payload": "${TfToken[TOKEN.2]}",
    }


@pytest.mark.parametrize(
    ("state", "problem"),
    [
        (distributed(), "can't run a distributed Map"),
        (task("glue:startJobRun.sync", {"JobName": "job"}), "can't wait for sync"),
        (task("sqs:sendMessage.waitForTaskToken", {}), "can't wait for waitForTaskToken"),
    ],
)
def test_an_express_machine_refuses_what_only_a_standard_one_can_do(state: Any, problem: str) -> None:
    branches = [{"StartAt": "Inner", "States": {"Inner": state}}]
    definition = machine(Both={"Type": "Parallel", "Branches": branches, "End": True})
    assert machine_definition(definition, type_="STANDARD") == definition
    with pytest.raises(DefinitionError) as refusal:
        machine_definition(definition, type_="EXPRESS")
    assert "States.Both.Inner" in str(refusal.value)
    assert f"an EXPRESS machine {problem}; make it a STANDARD machine" in str(refusal.value)


def test_an_unknown_type_is_refused() -> None:
    with pytest.raises(DefinitionError, match="type: must be one of EXPRESS, STANDARD, not 'express'"):
        machine_definition(machine(Call=CALL), type_="express")  # type: ignore[arg-type] # as without a type checker


def test_the_example_of_a_file_gets_the_narrowest_statements() -> None:
    values = nightly_check.substitutions(
        check_function_arn=f"{LAMBDA}:check",
        announce_function_arn=f"{LAMBDA}:announce",
        bucket="uploads",
        prefix="in/",
    )
    definition = machine_definition(nightly_check.DEFINITION, type_="STANDARD", substitutions=values)
    by_need = needs(definition, name="nightly", account_id=ACCOUNT, region=REGION, logging=False, tracing=False)
    by_sid = {statement["Sid"]: statement for statements in by_need.values() for statement in statements}
    assert by_sid["ListItems"]["Condition"] == {"StringEquals": {"s3:prefix": "in/"}}
    assert by_sid["InvokeFunctions"]["Resource"] == [f"{LAMBDA}:announce", f"{LAMBDA}:check"]
    assert by_sid["RedriveChildExecutions"]["Resource"] == [
        f"arn:aws:states:{REGION}:{ACCOUNT}:execution:nightly/CheckUploads:*"
    ]
