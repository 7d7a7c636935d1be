"""The roles from bootstrap may set up an inventory or a replication in the source account, and no more there."""

from __future__ import annotations

import pytest

from mapspan.deploying.bootstrap import Deployers, stacks
from mapspan.review.iam.accounts import Accounts, Bucket, Role
from mapspan.review.iam.simulator import Call, Simulator
from tests.iam.deploy_calls import with_deploy_roles
from tests.iam.pipeline_accounts import DATA, DATA_ARN, LOCAL, NAME, SOURCE

DEPLOY, PLAN = (f"arn:aws:iam::{SOURCE}:role/mapspan-local-{name}" for name in ("deploy", "plan"))
COPIER, BATCH_COPIER, OTHER = (
    f"arn:aws:iam::{SOURCE}:role/{NAME}-{name}" for name in ("replication", "batch-replication", "merge-statements")
)
TO_S3 = {"iam:PassedToService": "s3.amazonaws.com"}
CONFIGURES = {
    "inventory": [Call(DEPLOY, f"s3:{verb}InventoryConfiguration", DATA_ARN) for verb in ("Get", "Put")],
    "replication": [
        *(Call(DEPLOY, f"s3:{verb}ReplicationConfiguration", DATA_ARN) for verb in ("Get", "Put")),
        *(Call(DEPLOY, f"s3:{verb}BucketVersioning", DATA_ARN) for verb in ("Get", "Put")),
        *(Call(DEPLOY, f"iam:{action}", role) for action in ("CreateRole", "PutRolePolicy", "DeleteRole")
          for role in (COPIER, BATCH_COPIER)),
        Call(DEPLOY, "iam:PassRole", COPIER, TO_S3),
    ],
}  # fmt: skip
NOBODY_DOES = [
    Call(DEPLOY, "iam:CreateRole", OTHER),
    Call(DEPLOY, "iam:PassRole", COPIER, {"iam:PassedToService": "lambda.amazonaws.com"}),
    Call(DEPLOY, "iam:PutRolePolicy", DEPLOY),
    Call(DEPLOY, "s3:PutInventoryConfiguration", "arn:aws:s3:::another-bucket"),
    Call(DEPLOY, "s3:PutReplicationConfiguration", "arn:aws:s3:::another-bucket"),
    Call(DEPLOY, "s3:GetObject", f"{DATA_ARN}/2026/a"),
]


def accounts(key_source: str) -> Accounts:
    environment = with_deploy_roles(LOCAL, "mapspan-local-deploy").model_copy(update={"key_source": key_source})
    (made,) = (
        each
        for each in stacks(environment, Deployers(principals=["arn:aws:iam::111111111111:root"]))
        if each.part == "source"
    )
    roles = {
        f"arn:aws:iam::{SOURCE}:role/{role['Properties']['RoleName']}": Role(
            policies={each["PolicyName"]: each["PolicyDocument"] for each in role["Properties"]["Policies"]},
            trust=role["Properties"]["AssumeRolePolicyDocument"],
        )
        for role in made.template["Resources"].values()
    }
    return Accounts(roles=roles, buckets={DATA: Bucket(account_id=SOURCE)})


@pytest.mark.parametrize("key_source", ["listing", "inventory", "replication"])
def test_each_key_source_may_be_set_up_and_the_others_not(simulator: Simulator, key_source: str) -> None:
    found = accounts(key_source)
    for name, calls in CONFIGURES.items():
        refused = [str(call) for call in calls if simulator.allows(found, call) != (name == key_source)]
        assert refused == [], name
    assert [str(call) for call in NOBODY_DOES if simulator.allows(found, call)] == []


@pytest.mark.parametrize("key_source", ["inventory", "replication"])
def test_a_plan_only_reads(simulator: Simulator, key_source: str) -> None:
    found = accounts(key_source)
    for call in CONFIGURES[key_source]:
        planned = Call(PLAN, call.action, call.resource, call.context)
        assert simulator.allows(found, planned) == (":Get" in call.action), planned
