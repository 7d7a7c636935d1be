"""The roles from bootstrap deploy the environment of the whole floor; here one permission is missing."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from local_cloud import process
from mapspan.checkout import ROOT, CommandError
from tests.e2e.conftest import Cloud
from tests.iam.deploy_calls import DEPLOY_ROLE, FILE, read_decisions, recorded_calls, unrecorded, with_deploy_roles

LOG_GROUP = "aws_cloudwatch_log_group.list_objects_log_group"


def test_the_deploy_makes_only_calls_that_the_roles_are_proved_with(cloud: Cloud, decisions: Path) -> None:
    calls = read_decisions(decisions.read_text().splitlines(), cloud.deployment.environment)
    known = recorded_calls("deploy")
    assert len(calls["target"]) > 50
    unknown = unrecorded(calls, known)
    assert unknown == set(), f"{FILE.name} is out of date: run python -m tests.iam.record_deploy_calls"


def explained(error: str) -> list[str]:
    """The messages in docs/troubleshooting.md that an error holds; their … stands for anything."""
    rows = re.findall(r"^\| `([^`]+)` \|", (ROOT / "docs" / "troubleshooting.md").read_text(), re.MULTILINE)
    words = " ".join(error.split())
    return [row for row in rows if re.search(".*".join(map(re.escape, row.split("…"))), words)]


def test_without_one_permission_the_apply_fails_with_a_message_that_the_docs_explain(cloud: Cloud) -> None:
    with cloud.without_role_policy(DEPLOY_ROLE, "logs"), pytest.raises(CommandError) as failed:
        cloud.local.terraform.apply(LOG_GROUP)
    assert "not authorized to perform: logs:DescribeLogGroups" in str(failed.value)
    assert explained(str(failed.value))


def test_the_deploy_role_gets_no_further_through_a_role(cloud: Cloud) -> None:
    environment = with_deploy_roles(cloud.deployment.environment)
    boundary, own = str(environment.boundary_arn("target")), f"{environment.prefix}-list-objects"
    everything = json.dumps({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
    administrator = "arn:aws:iam::aws:policy/AdministratorAccess"
    sts = process.client("sts", cloud.account_id, cloud.local.endpoint_url)
    session = sts.assume_role(RoleArn=str(environment.target.deploy_role_arn), RoleSessionName="escalation")[
        "Credentials"
    ]
    iam: Any = boto3.client(
        "iam",
        region_name=environment.region,
        endpoint_url=cloud.local.endpoint_url,
        aws_access_key_id=session["AccessKeyId"],
        aws_secret_access_key=session["SecretAccessKey"],
        aws_session_token=session["SessionToken"],
    )
    for call, arguments in (
        (iam.create_role, {"RoleName": own, "AssumeRolePolicyDocument": "{}"}),
        (iam.create_role, {"RoleName": own, "AssumeRolePolicyDocument": "{}", "PermissionsBoundary": administrator}),
        (iam.create_role, {"RoleName": "another", "AssumeRolePolicyDocument": "{}", "PermissionsBoundary": boundary}),
        (iam.put_role_permissions_boundary, {"RoleName": own, "PermissionsBoundary": administrator}),
        (iam.delete_role_permissions_boundary, {"RoleName": own}),
        (iam.attach_role_policy, {"RoleName": own, "PolicyArn": administrator}),
        (iam.put_role_policy, {"RoleName": DEPLOY_ROLE, "PolicyName": "all", "PolicyDocument": everything}),
        (iam.create_policy_version, {"PolicyArn": boundary, "PolicyDocument": everything, "SetAsDefault": True}),
    ):
        with pytest.raises(ClientError, match="not authorized"):
            call(**arguments)
    # What every deploy does, so that the denials above are those of the conditions.
    policy = iam.get_role_policy(RoleName=own, PolicyName="write-logs")["PolicyDocument"]
    iam.put_role_policy(RoleName=own, PolicyName="write-logs", PolicyDocument=json.dumps(policy))
