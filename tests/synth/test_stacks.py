"""The stacks that the app writes: the right accounts, readable addresses, the same bytes each time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from environments.files import load
from mapspan.deploying.provider_mirror import AWS_PROVIDER_VERSION
from tests.synth.conftest import synthesized

Stack = dict[str, Any]


def test_every_environment_is_a_stack_of_its_own_name(stacks: Stack) -> None:
    assert sorted(stacks) == ["dev", "local", "prod", "staging"]


def test_the_same_input_gives_the_same_bytes(stacks: Stack, outdir: Path, tmp_path: Path) -> None:
    assert synthesized(tmp_path) == stacks
    files = [path.relative_to(outdir) for path in outdir.rglob("*") if path.is_file() and path.suffix != ".log"]
    assert len(files) > len(stacks)
    for file in files:
        if file.name != "manifest.json":
            assert (tmp_path / file).read_bytes() == (outdir / file).read_bytes(), file


def test_each_provider_allows_only_its_own_account(dev: Stack) -> None:
    target, source = dev["provider"]["aws"]
    assert "alias" not in target
    assert target["allowed_account_ids"] == ["333333333333"]
    assert source["alias"] == "source"
    assert source["allowed_account_ids"] == ["444444444444"]


def test_each_provider_assumes_its_own_role(dev: Stack) -> None:
    """A dict instead of the struct would synthesize `assume_role: [{}]`, and act in the wrong account."""
    target, source = dev["provider"]["aws"]
    assert target["assume_role"] == [{"role_arn": "${var.target_role_arn}"}]
    assert source["assume_role"] == [{"role_arn": "${var.source_role_arn}"}]
    environment = load("dev")
    for account, role in (("target", environment.target), ("source", environment.source)):
        variable = dev["variable"][f"{account}_role_arn"]
        assert variable["default"] == role.deploy_role_arn
        assert variable["ephemeral"] is True, "otherwise a plan saved by the plan role would be applied with that role"


def test_only_local_has_endpoints_or_credentials(stacks: Stack) -> None:
    for name, stack in stacks.items():
        for provider in stack["provider"]["aws"]:
            assert ("endpoints" in provider) == (name == "local")
            assert ("access_key" in provider) == (name == "local")


def test_tags_are_on_every_resource_of_both_accounts(dev: Stack) -> None:
    for provider in dev["provider"]["aws"]:
        assert provider["default_tags"] == [{"tags": {"Environment": "dev", "Project": "mapspan"}}]


def test_state_lies_in_s3_with_a_native_lock_file(dev: Stack) -> None:
    backend = dev["terraform"]["backend"]["s3"]
    assert backend["use_lockfile"] is True
    assert backend["encrypt"] is True
    assert backend["key"] == "mapspan/dev/terraform.tfstate"


def test_the_provider_version_is_the_one_that_the_mirror_holds(dev: Stack) -> None:
    assert dev["terraform"]["required_providers"]["aws"]["version"] == AWS_PROVIDER_VERSION


def test_addresses_are_readable(dev: Stack) -> None:
    addresses = {f"{kind}.{name}" for kind, resources in dev["resource"].items() for name in resources}
    assert addresses >= {
        "aws_sfn_state_machine.state_machine",
        "aws_iam_role.state_machine_role",
        "aws_iam_role_policy.state_machine_run_map",
        "aws_lambda_function.list_objects",
        "aws_lambda_function.process_objects",
        "aws_lambda_function.summarize_run",
        "aws_s3_bucket.runs_bucket",
        "aws_s3_bucket_policy.source_access_bucket_policy",
    }


def test_run_map_is_created_after_the_machine_and_every_other_policy_before(dev: Stack) -> None:
    policies = dev["resource"]["aws_iam_role_policy"]
    machine = dev["resource"]["aws_sfn_state_machine"]["state_machine"]
    assert policies["state_machine_run_map"]["depends_on"] == ["aws_sfn_state_machine.state_machine"]
    before = {f"aws_iam_role_policy.{name}" for name in policies if name.startswith("state_machine_")}
    before.remove("aws_iam_role_policy.state_machine_run_map")
    assert before <= set(machine["depends_on"])


def test_no_role_has_an_inline_policy(stacks: Stack) -> None:
    """Inline, the statement that names the machine would create a cycle."""
    for stack in stacks.values():
        assert not any("inline_policy" in role for role in stack["resource"]["aws_iam_role"].values())


def test_outputs_wait_until_the_machine_may_run(dev: Stack) -> None:
    """An execution started before run-map exists fails."""
    assert set(dev["output"]) == {
        "dashboard_console",
        "runs_bucket",
        "runs_bucket_console",
        "source_bucket",
        "source_bucket_policy",
        "start_command",
        "state_machine_arn",
        "state_machine_console",
    }
    for output in dev["output"].values():
        assert "aws_iam_role_policy.state_machine_run_map" in output["depends_on"]


def test_the_source_bucket_policy_goes_through_the_source_account(dev: Stack) -> None:
    policy = dev["resource"]["aws_s3_bucket_policy"]["source_access_bucket_policy"]
    assert policy["provider"] == "aws.source"
    assert policy["bucket"] == "example-landing-zone-dev"


def test_the_source_bucket_policy_names_exactly_the_two_roles(dev: Stack) -> None:
    """By reference, so that terraform makes the roles first: S3 refuses a principal that doesn't exist."""
    policy = json.loads(dev["resource"]["aws_s3_bucket_policy"]["source_access_bucket_policy"]["policy"])
    listing, reading = policy["Statement"]
    assert listing["Principal"] == {"AWS": "${aws_iam_role.list_objects_role.arn}"}
    assert listing["Action"] == "s3:ListBucket"
    assert listing["Condition"]["StringLike"] == {"s3:prefix": ["2026/*"]}
    assert reading["Principal"] == {"AWS": "${aws_iam_role.process_objects_role.arn}"}
    assert reading["Action"] == "s3:GetObject"
    assert reading["Resource"] == ["arn:aws:s3:::example-landing-zone-dev/2026/*"]


def test_the_trust_policy_names_the_account_and_the_machine(dev: Stack) -> None:
    role = dev["resource"]["aws_iam_role"]["state_machine_role"]
    (statement,) = json.loads(role["assume_role_policy"])["Statement"]
    assert statement["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "333333333333"},
        "ArnLike": {"aws:SourceArn": "arn:aws:states:eu-west-1:333333333333:stateMachine:mapspan-dev"},
    }


def test_only_local_buckets_can_be_destroyed_with_their_objects(stacks: Stack) -> None:
    for name, stack in stacks.items():
        assert stack["resource"]["aws_s3_bucket"]["runs_bucket"].get("force_destroy", False) == (name == "local")


def test_runs_expire_where_the_environment_says_so(stacks: Stack) -> None:
    rules = stacks["dev"]["resource"]["aws_s3_bucket_lifecycle_configuration"]["runs_bucket_lifecycle"]["rule"]
    expiring = {rule["filter"][0]["prefix"]: rule["expiration"] for rule in rules if "expiration" in rule}
    days = [{"days": 14}]
    written_by_runs = ["key-lists/", "map-runs/", "results/", "run-summaries/"]
    assert expiring == dict.fromkeys(written_by_runs, days), "not the code of the functions"
    old_versions = [rule["filter"][0]["prefix"] for rule in rules if "noncurrent_version_expiration" in rule]
    assert old_versions == [*written_by_runs, "code/", "incremental/"]
    assert "aws_s3_bucket_lifecycle_configuration" not in stacks["local"]["resource"]


def test_every_log_group_is_kept_as_long_as_the_environment_says(dev: Stack) -> None:
    groups = dev["resource"]["aws_cloudwatch_log_group"].values()
    assert len(groups) == 4
    assert {group["retention_in_days"] for group in groups} == {14}


def test_every_policy_is_literal_json(stacks: Stack) -> None:
    """A policy hidden in a function call or an attribute can't be read in a plan before the apply."""
    for stack in stacks.values():
        for policy in stack["resource"]["aws_iam_role_policy"].values():
            assert "${" not in policy["policy"]
            assert json.loads(policy["policy"])["Statement"]
