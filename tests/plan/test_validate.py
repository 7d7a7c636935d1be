"""terraform accepts every environment, and refuses the cycle that a separate policy avoids."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from environments.files import load_all
from examples import app as examples_app
from mapspan.checkout import CommandError
from mapspan.deploying.file_permissions import Options, file_permissions
from mapspan.deploying.policy_formats import PolicyFormat, written
from mapspan.deploying.terraform import Terraform
from modules.asl.statement import allow


def validate(directory: Path) -> None:
    terraform = Terraform(directory)
    terraform.init(backend=False)
    terraform.validate()


@pytest.mark.parametrize("environment", [environment.name for environment in load_all()])
def test_terraform_accepts_the_environment(stacks: Path, environment: str) -> None:
    validate(stacks / environment)


@pytest.mark.parametrize("name", examples_app.NAMES)
def test_terraform_accepts_the_example(examples: Path, name: str) -> None:
    validate(examples / name)


ARN = "${aws_sfn_state_machine.machine.arn}"
START = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "states:StartExecution", "Resource": ARN}]}
)


def configuration(stacks: Path, tmp_path: Path, **resources: Any) -> Path:
    """A configuration of a machine and its role, with `resources` added."""
    required = json.loads((stacks / "dev" / "cdk.tf.json").read_text())["terraform"]["required_providers"]
    role = {"assume_role_policy": json.dumps({"Version": "2012-10-17", "Statement": []})}
    machine = {"name": "machine", "role_arn": "${aws_iam_role.role.arn}", "definition": "{}"}
    resource = {"aws_iam_role": {"role": role}, "aws_sfn_state_machine": {"machine": machine}}
    for kind, by_name in resources.items():
        for name, arguments in by_name.items():
            resource.setdefault(kind, {}).setdefault(name, {}).update(arguments)
    content = {"terraform": {"required_providers": required}, "resource": resource}
    (tmp_path / "cdk.tf.json").write_text(json.dumps(content))
    return tmp_path


def test_the_statement_inline_on_the_role_is_a_cycle(stacks: Path, tmp_path: Path) -> None:
    inline = {"role": {"inline_policy": [{"name": "run-map", "policy": START}]}}
    with pytest.raises(CommandError, match="Cycle: aws_"):
        validate(configuration(stacks, tmp_path, aws_iam_role=inline))


def test_the_statement_in_a_policy_of_its_own_is_no_cycle(stacks: Path, tmp_path: Path) -> None:
    own = {"run_map": {"role": "${aws_iam_role.role.name}", "policy": START}}
    validate(configuration(stacks, tmp_path, aws_iam_role_policy=own))


def test_the_policies_that_mapspan_permissions_writes_are_accepted(stacks: Path, tmp_path: Path) -> None:
    key = 'a"b\\ %{if y}\n'
    read = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:s3:getObject",
        "Parameters": {"Bucket": "b", "Key": key},
    }
    own = allow("Own", ["s3:GetObject"], ["arn:aws:s3:::b/${aws:PrincipalTag/team}/*"])
    inner = {"StartAt": "Read", "States": {"Read": {**read, "Next": "Own"}, "Own": {"Type": "Task", "End": True}}}
    processor = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, **inner}
    definition = {"StartAt": "Map", "States": {"Map": {"Type": "Map", "ItemProcessor": processor, "End": True}}}
    options = Options(name="machine", account_id="111111111111", region="us-east-1", explicit={"Own": [own]})
    derived = file_permissions(definition, options).derived
    directory = configuration(stacks, tmp_path)
    (directory / "policies.tf").write_text(written(derived, PolicyFormat.TERRAFORM))
    validate(directory)
