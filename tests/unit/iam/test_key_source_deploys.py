"""The roles from bootstrap may set up an inventory or a replication in the source account, and nothing else there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mapspan.deploying.bootstrap import stacks
from mapspan.deploying.deployers import Deployers
from mapspan.review.iam.accounts import Accounts, Bucket, Role
from mapspan.review.iam.simulator import Call, Simulator
from tests.iam.deploy_calls import with_deploy_roles
from tests.iam.pipeline_accounts import DATA, DATA_ARN, LOCAL, NAME, SOURCE

DEPLOY, PLAN = (f"arn:aws:iam::{SOURCE}:role/mapspan-local-{name}" for name in ("deploy", "plan"))
COPIER, BATCH_COPIER, OTHER = (
    f"arn:aws:iam::{SOURCE}:role/{NAME}-{name}" for name in ("replication", "batch-replication", "merge-statements")
)
TO_S3 = {"iam:PassedToService": "s3.amazonaws.com"}
SETUP_CALLS = {
    "inventory": [Call(DEPLOY, f"s3:{verb}InventoryConfiguration", DATA_ARN) for verb in ("Get", "Put")],
    "replication": [
        *(Call(DEPLOY, f"s3:{verb}ReplicationConfiguration", DATA_ARN) for verb in ("Get", "Put")),
        *(Call(DEPLOY, f"s3:{verb}BucketVersioning", DATA_ARN) for verb in ("Get", "Put")),
        Call(DEPLOY, "iam:PassRole", COPIER, TO_S3),
    ],
}  # fmt: skip
REFUSED_CALLS = [
    *(Call(DEPLOY, f"iam:{action}", role) for action in ("CreateRole", "PutRolePolicy", "DeleteRole")
      for role in (COPIER, BATCH_COPIER, OTHER)),
    Call(DEPLOY, "iam:PassRole", BATCH_COPIER, TO_S3),
    Call(DEPLOY, "iam:PassRole", COPIER, {"iam:PassedToService": "lambda.amazonaws.com"}),
    Call(DEPLOY, "iam:PutRolePolicy", DEPLOY),
    Call(DEPLOY, "s3:PutInventoryConfiguration", "arn:aws:s3:::another-bucket"),
    Call(DEPLOY, "s3:PutReplicationConfiguration", "arn:aws:s3:::another-bucket"),
    Call(DEPLOY, "s3:GetObject", f"{DATA_ARN}/2026/a"),
]  # fmt: skip


def accounts(key_source: str) -> Accounts:
    environment = with_deploy_roles(LOCAL, "mapspan-local-deploy").model_copy(update={"key_source": key_source})
    deployers = Deployers(principals=["arn:aws:iam::111111111111:role/admin"])
    (source_stack,) = (stack for stack in stacks(environment, deployers) if stack.part == "source")
    roles = {
        f"arn:aws:iam::{SOURCE}:role/{role['Properties']['RoleName']}": Role(
            policies={policy["PolicyName"]: policy["PolicyDocument"] for policy in role["Properties"]["Policies"]},
            trust=role["Properties"]["AssumeRolePolicyDocument"],
        )
        for role in source_stack.template["Resources"].values()
        if role["Type"] == "AWS::IAM::Role"
    }
    return Accounts(roles=roles, buckets={DATA: Bucket(account_id=SOURCE)})


@pytest.mark.parametrize("key_source", ["listing", "inventory", "replication"])
def test_the_deploy_role_may_set_up_its_key_source_and_no_other(simulator: Simulator, key_source: str) -> None:
    source_account = accounts(key_source)
    for name, calls in SETUP_CALLS.items():
        wrong = [str(call) for call in calls if simulator.allows(source_account, call) != (name == key_source)]
        assert wrong == [], name
    assert [str(call) for call in REFUSED_CALLS if simulator.allows(source_account, call)] == []


@pytest.mark.parametrize("key_source", ["inventory", "replication"])
def test_the_plan_role_only_reads(simulator: Simulator, key_source: str) -> None:
    source_account = accounts(key_source)
    for call in SETUP_CALLS[key_source]:
        plan_call = replace(call, principal=PLAN)
        assert simulator.allows(source_account, plan_call) == (":Get" in call.action), plan_call
