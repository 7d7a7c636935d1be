"""What each way into the source account writes: where it is made, and with what."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from environments.environment import Environment
from environments.files import load
from modules.pipeline.app import synthesize

SOURCE_KEY = "arn:aws:kms:eu-west-1:444444444444:key/9f0d3b1c-data"
RUNS_KEY = "arn:aws:kms:eu-west-1:333333333333:key/9f0d3b1c-runs"


def stack(outdir: Path, bucket_policy: str) -> Any:
    """dev, let in another way and with customers' keys on both sides."""
    dev = json.loads(load("dev").model_dump_json(exclude_defaults=True))
    dev["source"] |= {"bucket_policy": bucket_policy, "kms_key_arn": SOURCE_KEY}
    if bucket_policy == "handover":
        del dev["source"]["deploy_role_arn"]
    synthesize([Environment.model_validate_json(json.dumps(dev | {"kms_key_arn": RUNS_KEY}))], outdir)
    return json.loads((outdir / "stacks" / "dev" / "cdk.tf.json").read_text())


@pytest.fixture(scope="module")
def merged(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return stack(tmp_path_factory.mktemp("merge"), "merge")


def test_what_merges_is_made_in_the_source_account_and_nothing_else_is(merged: Any) -> None:
    there = {
        f"{kind}.{name}"
        for kind, resources in merged["resource"].items()
        for name, resource in resources.items()
        if resource.get("provider") == "aws.source"
    }
    assert there == {
        "aws_cloudwatch_log_group.source_access_merge_statements_log_group",
        "aws_iam_role.source_access_merge_statements_role",
        "aws_iam_role_policy.source_access_merge_statements_change_bucket_policy",
        "aws_iam_role_policy.source_access_merge_statements_trace",
        "aws_iam_role_policy.source_access_merge_statements_write_logs",
        "aws_kms_grant.source_access_key_grant",
        "aws_lambda_function.source_access_merge_statements",
        "aws_lambda_invocation.source_access_bucket_policy",
    }
    assert list(merged["resource"]["aws_s3_bucket_policy"]) == ["runs_bucket_policy"]


def test_what_is_merged_is_ours_by_sid_and_goes_on_destroy(merged: Any) -> None:
    invocation = merged["resource"]["aws_lambda_invocation"]["source_access_bucket_policy"]
    assert invocation["lifecycle_scope"] == "CRUD"
    statements = json.loads(invocation["input"])["statements"]
    assert [statement["Sid"] for statement in statements] == [
        "MapspanDevListSourceBucket",
        "MapspanDevReadSourceObjects",
    ]
    assert statements[0]["Principal"] == {"AWS": "${aws_iam_role.list_objects_role.arn}"}


def test_customers_keys_are_used_where_they_are_needed(merged: Any) -> None:
    grant = merged["resource"]["aws_kms_grant"]["source_access_key_grant"]
    assert grant["key_id"] == SOURCE_KEY
    assert grant["operations"] == ["Decrypt"]
    assert grant["grantee_principal"] == "${aws_iam_role.process_objects_role.arn}"
    (rule,) = merged["resource"]["aws_s3_bucket_server_side_encryption_configuration"]["runs_bucket_encryption"]["rule"]
    assert rule["apply_server_side_encryption_by_default"] == {
        "kms_master_key_id": RUNS_KEY,
        "sse_algorithm": "aws:kms",
    }
    assert rule["bucket_key_enabled"] is True
    policies = merged["resource"]["aws_iam_role_policy"]
    named = {name: RUNS_KEY in policy["policy"] for name, policy in policies.items()}
    assert {name for name, is_named in named.items() if is_named} == {
        "list_objects_use_runs_key",
        "summarize_run_use_runs_key",
        "state_machine_use_keys",
    }
    assert {name for name, policy in policies.items() if SOURCE_KEY in policy["policy"]} == {
        "process_objects_use_source_key"
    }


def test_what_is_handed_over_is_complete_and_the_source_account_is_not_touched(tmp_path: Path) -> None:
    handed = stack(tmp_path, "handover")
    assert [provider.get("alias") for provider in handed["provider"]["aws"]] == [None]
    assert "aws.source" not in json.dumps(handed)
    directory = tmp_path / "handover" / "dev"
    policy = json.loads((directory / "bucket-policy.json").read_text())
    key = json.loads((directory / "key-policy-statement.json").read_text())
    assert json.loads(handed["output"]["handover_bucket_policy"]["value"]) == policy
    assert json.loads(handed["output"]["handover_key_policy_statement"]["value"]) == key
    for statement in (*policy["Statement"], key):
        assert statement["Principal"]["AWS"].startswith("arn:aws:iam::333333333333:role/mapspan-dev-")
    assert SOURCE_KEY in (directory / "README.md").read_text()


def test_the_plan_says_when_a_policy_is_replaced(dev: Any) -> None:
    """An `aws_s3_bucket_policy` that is created doesn't show the policy that was there."""
    assert "is REPLACED by ours" in dev["output"]["source_bucket_policy"]["value"]
