"""The roles from bootstrap allow every call of a deploy with every company setting."""

from __future__ import annotations

import pytest

from mapspan.deploying.deployers import Deployers
from mapspan.review.iam.accounts import Accounts, Bucket
from mapspan.review.iam.simulator import Call, Simulator
from tests.iam.bootstrap_roles import bootstrap_roles
from tests.iam.company_variant import company_rules, company_variant
from tests.iam.deploy_calls import DEPLOY_ROLE, recorded_calls

TARGET, SOURCE = "111111111111", "222222222222"
BOUNDARIES = {account: f"arn:aws:iam::{account}:policy/company-boundary" for account in (TARGET, SOURCE)}
COMPANY = company_variant(
    company_rules(
        boundary_arns=(BOUNDARIES[TARGET], BOUNDARIES[SOURCE]),
        key_arns=(f"arn:aws:kms:us-east-1:{TARGET}:key/0", f"arn:aws:kms:us-east-1:{SOURCE}:key/0"),
        subnet_ids=["subnet-0a1b2c3d"],
        security_group_id="sg-0a1b2c3d",
    )
)
ROLES = {
    side: f"arn:aws:iam::{account}:role/{DEPLOY_ROLE}" for side, account in (("target", TARGET), ("source", SOURCE))
}


@pytest.fixture(scope="module")
def accounts() -> Accounts:
    deployers = Deployers(principals=[f"arn:aws:iam::{TARGET}:role/admin"])
    owners = {COMPANY.runs_bucket: TARGET, COMPANY.source.bucket: SOURCE}
    return Accounts(
        roles=bootstrap_roles(COMPANY, deployers),
        buckets={name: Bucket(account_id=owner) for name, owner in owners.items()},
    )


def bounded(action: str) -> dict[str, str]:
    is_bounded = action in ("iam:CreateRole", "iam:PutRolePolicy")
    return {"iam:PermissionsBoundary": BOUNDARIES[TARGET]} if is_bounded else {}


def test_the_deploy_roles_allow_every_recorded_call(simulator: Simulator, accounts: Accounts) -> None:
    calls = [
        Call(ROLES[side], action, resource, bounded(action))
        for side, actions in recorded_calls("company").items()
        for action, resources in actions.items()
        for resource in resources
    ]
    assert len(calls) > 100
    created = {call.resource for call in calls if call.action == "iam:CreateRole"}
    assert created
    assert all(arn.startswith(f"arn:aws:iam::{TARGET}:role/acme/target/acme-local-") for arn in created)
    assert [str(call) for call in calls if not simulator.allows(accounts, call)] == []


def test_the_deploy_roles_allow_the_calls_that_the_local_cloud_does_not_check(
    simulator: Simulator, accounts: Accounts
) -> None:
    """Lambda asks about the network as the caller; CloudWatch Logs gets another key for a group that exists."""
    groups = {"target": (TARGET, "list-objects"), "source": (SOURCE, "merge-statements")}
    for side, (account, name) in groups.items():
        arn = f"arn:aws:logs:us-east-1:{account}:log-group:/aws/lambda/acme-local-{name}"
        for action in ("AssociateKmsKey", "DisassociateKmsKey"):
            assert simulator.allows(accounts, Call(ROLES[side], f"logs:{action}", arn)), (side, action)
        for action in ("GetPolicy", "GetPolicyVersion"):
            assert simulator.allows(accounts, Call(ROLES[side], f"iam:{action}", BOUNDARIES[account])), (side, action)
    for kind in ("SecurityGroups", "Subnets", "Vpcs"):
        assert simulator.allows(accounts, Call(ROLES["target"], f"ec2:Describe{kind}"))


def test_no_role_is_created_without_the_companys_boundary(simulator: Simulator, accounts: Accounts) -> None:
    role = f"arn:aws:iam::{TARGET}:role/acme/target/acme-local-list-objects"
    wider = {"iam:PermissionsBoundary": "arn:aws:iam::aws:policy/AdministratorAccess"}
    for context in ({}, wider):
        assert not simulator.allows(accounts, Call(ROLES["target"], "iam:CreateRole", role, context))
