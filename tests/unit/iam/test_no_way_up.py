"""A deploy role leads no further: not through a role, a policy, a boundary or a key, in either account."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from environments.environment import Environment
from environments.files import load
from mapspan.deploying.bootstrap import stacks
from mapspan.deploying.deployers import Deployers
from mapspan.review.iam.accounts import Accounts, Document, Role
from mapspan.review.iam.simulator import Call, Simulator
from tests.iam.deploy_calls import with_deploy_roles

LOCAL = with_deploy_roles(load("local"), "mapspan-local-deploy")
SIDES = {"target": LOCAL.target.account_id, "source": LOCAL.source.account_id}
ALL: Document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
NOBODY: Document = {"Version": "2012-10-17", "Statement": []}
MODES = {
    "own": LOCAL,
    "merge": LOCAL.model_copy(update={"source": LOCAL.source.model_copy(update={"bucket_policy": "merge"})}),
    "replication": LOCAL.model_copy(update={"key_source": "replication"}),
}
GIVING = ("CreateRole", "PutRolePolicy", "PutRolePermissionsBoundary")  # the calls that give a role permissions
OTHER_NAMES = ("admin", "mapspan-local-deploy", "mapspan-local-plan", "mapspan-local-2-deploy", "mapspan-locally")
OWN_NAMES = ("list-objects", "process-objects", "state-machine", "merge-statements", "replication")


def accounts(environment: Environment) -> Accounts:
    """Bootstrap's roles in both accounts, an administrator in each, and a role that a deploy created with everything.

    A boundary only takes away, so it stands here for all that the created role may do.
    """
    roles: dict[str, Role] = {}
    for stack in stacks(environment, Deployers(principals=[f"arn:aws:iam::{SIDES['target']}:role/admin"])):
        account = f"arn:aws:iam::{stack.location.account_id}"
        for resource in stack.template["Resources"].values():
            properties = resource["Properties"]
            if resource["Type"] == "AWS::IAM::Role":
                policies = {policy["PolicyName"]: policy["PolicyDocument"] for policy in properties["Policies"]}
                trust = properties["AssumeRolePolicyDocument"]
                roles[f"{account}:role/{properties['RoleName']}"] = Role(policies=policies, trust=trust)
            elif resource["Type"] == "AWS::IAM::ManagedPolicy":
                created = Role(policies={"boundary": properties["PolicyDocument"]}, trust=NOBODY)
                roles[f"{account}:role/created"] = created
        roles[f"{account}:role/admin"] = Role(policies={"all": ALL}, trust=NOBODY)
    return Accounts(roles=roles)


def escalations(side: str) -> Iterator[Call]:
    account = f"arn:aws:iam::{SIDES[side]}"
    deploy, boundary = f"{account}:role/mapspan-local-deploy", f"{account}:policy/mapspan-local-boundary"
    ours = {"iam:PermissionsBoundary": boundary}
    wider = {"iam:PermissionsBoundary": "arn:aws:iam::aws:policy/AdministratorAccess"}
    for role in (f"{account}:role/mapspan-local-{name}" for name in OWN_NAMES):
        yield from (Call(deploy, f"iam:{action}", role, context) for action in GIVING for context in ({}, wider))
        for action in ("AttachRolePolicy", "DeleteRolePermissionsBoundary"):
            yield Call(deploy, f"iam:{action}", role, ours)
    for role in (f"{account}:role/{name}" for name in OTHER_NAMES):
        yield from (Call(deploy, f"iam:{action}", role, ours) for action in GIVING)
        yield Call(deploy, "iam:UpdateAssumeRolePolicy", role)
        yield Call(deploy, "iam:PassRole", role, {"iam:PassedToService": "lambda.amazonaws.com"})
    yield Call(deploy, "sts:AssumeRole", f"{account}:role/admin")
    for action in ("CreatePolicyVersion", "SetDefaultPolicyVersion", "DeletePolicyVersion", "DeletePolicy"):
        yield Call(deploy, f"iam:{action}", boundary)


def key_escalations(side: str) -> Iterator[Call]:
    """Another team's key becomes ours by its tag, and then opens."""
    deploy = f"arn:aws:iam::{SIDES[side]}:role/mapspan-local-deploy"
    key = f"arn:aws:kms:us-east-1:{SIDES[side]}:key/0"
    yield Call(deploy, "kms:TagResource", key, {"aws:RequestTag/Name": "mapspan-local-alarms"})
    for action in ("TagResource", "PutKeyPolicy", "CreateAlias", "ScheduleKeyDeletion"):
        yield Call(deploy, f"kms:{action}", key, {"aws:ResourceTag/Name": "mapspan-local-alarms"})


@pytest.mark.parametrize("mode", MODES)
def test_every_way_up_from_a_deploy_role_ends_in_a_denial(simulator: Simulator, mode: str) -> None:
    both = accounts(MODES[mode])
    calls = [call for side in SIDES for call in (*escalations(side), *key_escalations(side))]
    assert len(calls) > 100
    assert [str(call) for call in calls if simulator.allows(both, call)] == []


@pytest.mark.parametrize("mode", MODES)
def test_in_the_source_account_a_deploy_only_passes_roles(simulator: Simulator, mode: str) -> None:
    both, account = accounts(MODES[mode]), f"arn:aws:iam::{SIDES['source']}"
    deploy, boundary = f"{account}:role/mapspan-local-deploy", f"{account}:policy/mapspan-local-boundary"
    passed = {"merge": ("lambda", "merge-statements"), "replication": ("s3", "replication")}
    service, name = passed.get(mode, ("lambda", ""))
    context = {"iam:PermissionsBoundary": boundary, "iam:PassedToService": f"{service}.amazonaws.com"}
    roles = [f"{account}:role/mapspan-local-{name}" for name in OWN_NAMES]
    allowed = simulator.sweep(both, deploy, roles, context=context, services=["iam"])
    assert allowed == ({("iam:PassRole", f"{account}:role/mapspan-local-{name}")} if name else set())


@pytest.mark.parametrize("mode", MODES)
def test_a_role_that_a_deploy_created_reaches_no_role_no_policy_and_no_key(simulator: Simulator, mode: str) -> None:
    both = accounts(MODES[mode])
    for side, account_id in SIDES.items():
        account = f"arn:aws:iam::{account_id}"
        boundary, key = f"{account}:policy/mapspan-local-boundary", f"arn:aws:kms:us-east-1:{account_id}:key/0"
        resources = [*both.roles, boundary, key, "*"]
        allowed = simulator.sweep(both, f"{account}:role/created", resources, services=["iam", "sts", "kms"])
        assert allowed == set(), side
