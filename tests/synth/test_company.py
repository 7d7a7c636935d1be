"""A company's rules reach everything that a deploy creates."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from environments.environment import Environment
from environments.files import SettingsError, load
from mapspan.deploying.bootstrap import stacks as bootstrap_stacks
from mapspan.deploying.boundary import boundary_document
from mapspan.deploying.deployers import Deployers
from modules.pipeline.app import synthesize
from modules.pipeline.policy_size import check_bucket_policy

TARGET, SOURCE = "333333333333", "444444444444"
KEYS = {account: f"arn:aws:kms:eu-west-1:{account}:key/logs" for account in (TARGET, SOURCE)}
BOUNDARIES = {account: f"arn:aws:iam::{account}:policy/company" for account in (TARGET, SOURCE)}
SUBNETS, GROUPS = ["subnet-0a1b2c3d"], ["sg-0a1b2c3d"]
RULES = {
    "name_prefix": "acme",
    **{
        side: {
            "permissions_boundary_arn": BOUNDARIES[account],
            "role_path": f"/{side}/",
            "log_kms_key_arn": KEYS[account],
        }
        for side, account in (("target", TARGET), ("source", SOURCE))
    },
    "vpc": {"subnet_ids": SUBNETS, "security_group_ids": GROUPS},
}


def environment(**company: Any) -> Environment:
    settings = json.loads(load("dev").model_dump_json(exclude_defaults=True))
    settings["source"]["bucket_policy"] = "merge"
    return Environment.model_validate_json(json.dumps({**settings, "company": company}))


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Any:
    outdir: Path = tmp_path_factory.mktemp("company")
    synthesize([environment(**RULES)], outdir)
    return json.loads((outdir / "stacks" / "dev" / "cdk.tf.json").read_text())["resource"]


def test_every_role_has_the_companys_boundary_path_and_name(stack: Any) -> None:
    roles = stack["aws_iam_role"].values()
    assert roles
    for role in roles:
        assert (role["permissions_boundary"], role["path"]) == (BOUNDARIES[TARGET], "/target/")
        assert role["name"].startswith("acme-dev-")


def test_every_role_of_bootstrap_has_the_companys_boundary_and_those_of_the_pipeline_its_path() -> None:
    rules = environment(**RULES)
    deployers = Deployers(principals=[f"arn:aws:iam::{TARGET}:role/deployers"])
    paths = set()
    for stack in bootstrap_stacks(rules, deployers):
        for resource in stack.template["Resources"].values():
            if resource["Type"] == "AWS::IAM::Role":
                role = resource["Properties"]
                assert role["PermissionsBoundary"] == BOUNDARIES[stack.location.account_id], role["RoleName"]
                paths.add((role["RoleName"], role["Path"]))
    assert ("acme-dev-merge-statements", "/source/") in paths


def test_every_log_group_is_encrypted_with_the_key_of_its_account(stack: Any) -> None:
    for name, group in stack["aws_cloudwatch_log_group"].items():
        account = SOURCE if group.get("provider") == "aws.source" else TARGET
        assert group["kms_key_id"] == KEYS[account], name
    assert len(stack["aws_cloudwatch_log_group"]) == 5


def test_the_functions_of_the_target_account_run_in_the_vpc(stack: Any) -> None:
    for name, function in stack["aws_lambda_function"].items():
        expected = None if function.get("provider") == "aws.source" else [SUBNETS, GROUPS]
        config = function.get("vpc_config")
        assert (config and [config["subnet_ids"], config["security_group_ids"]]) == expected, name


def test_a_function_in_a_vpc_may_create_interfaces_there_alone_and_its_code_may_not(stack: Any) -> None:
    policies = [
        json.loads(one["policy"]) for name, one in stack["aws_iam_role_policy"].items() if "attach_to_vpc" in name
    ]
    assert len(policies) == 3
    for policy in policies:
        create, delete, find, code = policy["Statement"]
        arn = f"arn:aws:ec2:eu-west-1:{TARGET}"
        assert create["Resource"] == [
            f"{arn}:network-interface/*",
            f"{arn}:subnet/{SUBNETS[0]}",
            f"{arn}:security-group/{GROUPS[0]}",
        ]
        assert delete["Resource"] == f"{arn}:network-interface/*"
        assert all(action.startswith("ec2:Describe") for action in find["Action"])
        assert code["Effect"] == "Deny"
        assert {*create["Action"], *delete["Action"], *find["Action"]} == {*code["Action"]}
        assert "lambda:SourceFunctionArn" in code["Condition"]["ArnEquals"]


def test_bootstrap_grants_what_the_rules_cost_and_no_more_without_them() -> None:
    own = {name: rule for name, rule in RULES.items() if name != "target"} | {
        "target": {"log_kms_key_arn": KEYS[TARGET]}
    }
    rules, plain = environment(**own), environment()
    boundary, without = (json.dumps(boundary_document(each, "target")) for each in (rules, plain))
    assert "ec2:CreateNetworkInterface" in boundary
    assert "ec2:" not in without
    deployers = Deployers(principals=[f"arn:aws:iam::{TARGET}:role/deployers"])
    deploy, less = (
        json.dumps([stack.template for stack in bootstrap_stacks(each, deployers) if stack.part == "target"])
        for each in (rules, plain)
    )
    for action in ("ec2:DescribeVpcs", "logs:AssociateKmsKey"):
        assert action in deploy
        assert action not in less


def test_more_prefixes_than_a_policy_holds_are_refused_by_file_and_field(tmp_path: Path) -> None:
    settings = json.loads(load("dev").model_dump_json(exclude_defaults=True))
    settings["source"]["prefixes"] = [f"{number:03d}{'p' * 86}/" for number in range(100)]
    with pytest.raises(SettingsError, match=r"environments/dev\.toml: source\.prefixes: .* would have"):
        synthesize([Environment.model_validate_json(json.dumps(settings))], tmp_path)


def test_a_bucket_policy_over_20_kb_is_refused_by_file_and_field() -> None:
    dev = load("dev")
    statement = {"Effect": "Allow", "Resource": ["arn:aws:s3:::landing-zone/" + "p" * 1000] * 21}
    with pytest.raises(SettingsError, match=r"source\.prefixes: the source bucket's policy would have 2\d,\d{3} bytes"):
        check_bucket_policy(dev, [statement])
    check_bucket_policy(dev, [{**statement, "Resource": statement["Resource"][:19]}])
