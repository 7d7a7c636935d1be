"""What each bucket policy setting creates in the source account, and what it hands over."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.synth.conftest import RUNS_KEY, SOURCE_KEY, dev_with_keys, in_source_account


@pytest.fixture(scope="module")
def merged(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return dev_with_keys(tmp_path_factory.mktemp("merge"), bucket_policy="merge")


def test_merge_creates_its_function_in_the_source_account_and_no_bucket_policy(merged: Any) -> None:
    assert in_source_account(merged) == {
        "aws_cloudwatch_log_group.source_access_merge_statements_log_group",
        "aws_kms_grant.source_access_key_grant",
        "aws_lambda_function.source_access_merge_statements",
        "aws_lambda_invocation.source_access_bucket_policy",
    }
    assert list(merged["resource"]["aws_s3_bucket_policy"]) == ["runs_bucket_policy"]


def test_merged_statements_have_sids_of_our_own_and_are_removed_on_destroy(merged: Any) -> None:
    invocation = merged["resource"]["aws_lambda_invocation"]["source_access_bucket_policy"]
    assert invocation["lifecycle_scope"] == "CRUD"
    statements = json.loads(invocation["input"])["statements"]
    assert [statement["Sid"] for statement in statements] == [
        "mapspanXdevX333333333333ListSourceBucket",
        "mapspanXdevX333333333333ReadSourceObjects",
    ]
    assert statements[0]["Principal"] == {"AWS": "${aws_iam_role.list_objects_role.arn}"}


def test_customer_managed_keys_are_used_only_where_they_are_needed(merged: Any) -> None:
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
        "process_objects_use_runs_key",
        "summarize_run_use_runs_key",
        "state_machine_use_keys",
    }
    assert {name for name, policy in policies.items() if SOURCE_KEY in policy["policy"]} == {
        "process_objects_use_source_key"
    }


def test_a_handover_is_complete_and_does_not_touch_the_source_account(tmp_path: Path) -> None:
    stack = dev_with_keys(tmp_path, bucket_policy="handover")
    assert [provider.get("alias") for provider in stack["provider"]["aws"]] == [None]
    assert "aws.source" not in json.dumps(stack)
    directory = tmp_path / "handover" / "dev"
    policy = json.loads((directory / "bucket-policy.json").read_text())
    key = json.loads((directory / "key-policy-statement.json").read_text())
    assert json.loads(stack["output"]["handover_bucket_policy"]["value"]) == policy
    assert json.loads(stack["output"]["handover_key_policy_statement"]["value"]) == key
    for statement in (*policy["Statement"], key):
        assert statement["Principal"]["AWS"].startswith("arn:aws:iam::333333333333:role/mapspan-dev-")
    assert SOURCE_KEY in (directory / "README.md").read_text()


def test_the_plan_says_that_the_bucket_policy_is_replaced(dev: Any) -> None:
    """A new `aws_s3_bucket_policy` doesn't show the policy that it replaces."""
    assert "is REPLACED by ours" in dev["output"]["source_bucket_policy"]["value"]
