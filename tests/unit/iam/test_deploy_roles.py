"""The roles from bootstrap: enough for every call that a deploy makes, a plan's for what it reads, and no more."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

import pytest

from environments.files import load
from mapspan.deploying.bootstrap import Deployers, stacks
from mapspan.review.iam.accounts import Accounts, Bucket, Document, Role, listed
from mapspan.review.iam.simulator import Call, Simulator
from tests.iam.deploy_calls import recorded, with_deploy_roles
from tests.iam.record_deploy_calls import variants

# A name that is the environment's own: a role must not reach itself.
LOCAL = with_deploy_roles(load("local"), "mapspan-local-deploy")
TARGET, SOURCE = LOCAL.target.account_id, LOCAL.source.account_id
ADMIN = f"arn:aws:iam::{TARGET}:role/admin"
KEYS = [f"arn:aws:kms:us-east-1:{account}:key/0" for account in (TARGET, SOURCE)]
EVERYTHING = [with_deploy_roles(each, "mapspan-local-deploy") for each in variants(KEYS)]
TOPIC = "mapspan-local-alarms"
STATE = "arn:aws:s3:::mapspan-state"
STATE_KEY = f"{STATE}/mapspan/local/terraform.tfstate"
SIDES = {"target": TARGET, "source": SOURCE}
DEPLOY = {side: f"arn:aws:iam::{account}:role/mapspan-local-deploy" for side, account in SIDES.items()}
PLAN = {side: f"arn:aws:iam::{account}:role/mapspan-local-plan" for side, account in SIDES.items()}
READER = f"arn:aws:iam::{TARGET}:role/mapspan-local-process-objects"
ROLE = f"arn:aws:iam::{TARGET}:role/mapspan-local-list-objects"
REPLICATION_ROLE = f"arn:aws:iam::{SOURCE}:role/mapspan-local-replication"
MERGE_ROLE = f"arn:aws:iam::{SOURCE}:role/mapspan-local-merge-statements"
RUNS, DATA = f"arn:aws:s3:::{LOCAL.runs_bucket}", f"arn:aws:s3:::{LOCAL.source.bucket}"
STRANGER = f"arn:aws:iam::{TARGET}:role/stranger"
MAY_ALL: Document = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}
READS = re.compile(r"[a-z0-9]+:(Get|List|Describe|Validate)")
# A change that no deploy of ours makes, but that an environment's file may come to ask for.
NOT_RECORDED = {
    "iam:UpdateAssumeRolePolicy": "who may assume a role",
    "iam:UpdateRole": "a role's description, or its longest session",
    "kms:PutKeyPolicy": "who may use the topic's key",
    "lambda:DeleteFunctionConcurrency": "reserved_concurrency taken out",
    "lambda:UpdateFunctionCode": "new code",
    "logs:DeleteRetentionPolicy": "logs kept for ever",
    "scheduler:UpdateSchedule": "another time",
}


@pytest.fixture(scope="module")
def accounts() -> Accounts:
    """Both accounts' roles, of environments that together leave nothing out: whatever one of them may, they may."""
    found: dict[str, Role] = {}
    for variant in EVERYTHING:
        state = variant.state_backend.model_copy(update={"type": "s3", "bucket": "mapspan-state"})
        environment = variant.model_copy(update={"state_backend": state})
        for stack in stacks(environment, Deployers(principals=[ADMIN], github="team/pipelines")):
            for resource in stack.template["Resources"].values():
                if resource["Type"] == "AWS::IAM::Role":
                    made = resource["Properties"]
                    arn = f"arn:aws:iam::{stack.location.account_id}:role{made['Path']}{made['RoleName']}"
                    policies: dict[str, Document] = {
                        policy["PolicyName"]: policy["PolicyDocument"] for policy in made["Policies"]
                    }
                    before = found[arn].policies if arn in found else {}
                    found[arn] = Role(policies={**policies, **before}, trust=made["AssumeRolePolicyDocument"])
    nobody: Document = {"Version": "2012-10-17", "Statement": []}
    others = {arn: Role(policies={"all": MAY_ALL}, trust=nobody) for arn in (ADMIN, STRANGER)}
    ours = (LOCAL.runs_bucket, LOCAL.inventory_bucket, LOCAL.replica_bucket, "mapspan-state")
    owners = {**dict.fromkeys(ours, TARGET), LOCAL.source.bucket: SOURCE}
    buckets = {name: Bucket(account_id=owner) for name, owner in owners.items()}
    # As KMS's default policy does, each leaves the decision to its account's IAM policies.
    keys = {f"arn:aws:kms:us-east-1:{account}:key/{key}": account for account in SIDES.values() for key in (0, 1)}
    delegating = {
        key: {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
                    "Action": "kms:*",
                    "Resource": "*",
                }
            ],
        }
        for key, account in keys.items()
    }
    return Accounts(roles={**found, **others}, buckets=buckets, resource_policies=delegating)


def context(action: str, resource: str) -> dict[str, str]:
    """What the conditions of keys ask, as terraform's calls have it."""
    if action in ("kms:CreateKey", "kms:TagResource"):
        return {"aws:RequestTag/Name": TOPIC}
    if action == "kms:CreateGrant":
        return {"kms:GranteePrincipal": READER, "kms:GrantOperations": "Decrypt"}
    return {"aws:ResourceTag/Name": TOPIC} if resource == KEYS[0] else {}


def calls_of(phase: str, roles: dict[str, str]) -> list[Call]:
    return [
        Call(roles[side], action, resource, context(action, resource))
        for side, actions in recorded(phase).items()
        for action, resources in actions.items()
        for resource in resources
    ]


def asked_by_aws(roles: dict[str, str]) -> list[Call]:
    """What AWS asks beyond what the local cloud does: to pass roles, to tag what is made, and to keep the state.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
    https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
    https://developer.hashicorp.com/terraform/language/backend/s3#permissions-required
    """
    target, source = roles["target"], roles["source"]
    tagged = [("iam:TagRole", ROLE), ("iam:UntagRole", ROLE)]
    for service, resource in (
        ("lambda", "function:mapspan-local-list-objects"),
        ("logs", "log-group:/aws/vendedlogs/states/mapspan-local"),
        ("states", "stateMachine:mapspan-local"),
        ("cloudwatch", "alarm:mapspan-local-runs-failed"),
        ("scheduler", "schedule-group/mapspan-local"),
        ("sns", TOPIC),
    ):
        arn = f"arn:aws:{service}:us-east-1:{TARGET}:{resource}"
        tagged += [(f"{service}:TagResource", arn), (f"{service}:UntagResource", arn)]
    return [
        *(Call(target, action, resource) for action, resource in tagged),
        *(
            Call(target, "iam:PassRole", ROLE, {"iam:PassedToService": f"{service}.amazonaws.com"})
            for service in ("lambda", "states", "scheduler")
        ),
        Call(source, "iam:PassRole", MERGE_ROLE, {"iam:PassedToService": "lambda.amazonaws.com"}),
        Call(source, "iam:PassRole", REPLICATION_ROLE, {"iam:PassedToService": "s3.amazonaws.com"}),
        Call(target, "kms:TagResource", KEYS[0], {"aws:RequestTag/Name": TOPIC}),
        *(Call(target, action, KEYS[0], context("", KEYS[0])) for action in ("kms:CreateAlias", "kms:DeleteAlias")),
        Call(target, "s3:ListBucket", STATE),
        *(Call(target, f"s3:{action}", STATE_KEY) for action in ("GetObject", "PutObject")),
        *(Call(target, f"s3:{action}", f"{STATE_KEY}.tflock") for action in ("GetObject", "PutObject", "DeleteObject")),
        *(Call(target, "sts:AssumeRole", role) for role in roles.values()),
        *(Call(target, f"s3:{action}", f"{RUNS}/key-lists/a") for action in ("DeleteObject", "DeleteObjectVersion")),
        Call(target, "s3:ListBucketVersions", RUNS),
    ]


def test_a_deploy_may_make_every_call_it_makes(simulator: Simulator, accounts: Accounts) -> None:
    calls = [*calls_of("deploy", DEPLOY), *asked_by_aws(DEPLOY)]
    assert len(calls) > 200
    assert [str(call) for call in calls if not simulator.allows(accounts, call)] == []


def test_a_plan_may_read_what_it_reads(simulator: Simulator, accounts: Accounts) -> None:
    calls = calls_of("plan", PLAN)
    assert len(calls) > 100
    assert [str(call) for call in calls if not simulator.allows(accounts, call)] == []


def named_by(pattern: str, calls: list[Call]) -> list[Call]:
    return [call for call in calls if fnmatchcase(call.action, pattern)]


def test_every_action_and_every_statement_of_the_deploy_roles_is_needed(
    simulator: Simulator, accounts: Accounts
) -> None:
    calls = [*calls_of("deploy", DEPLOY), *asked_by_aws(DEPLOY)]
    unused, superfluous = set(), []
    for place, statement in accounts.statements():
        if place.kind == "identity" and place.owner in DEPLOY.values() and statement["Effect"] == "Allow":
            made = {action: named_by(action, calls) for action in listed(statement["Action"])}
            unused |= {action for action, found in made.items() if not found}
            fewer = accounts.without(place)
            if all(simulator.allows(fewer, call) for found in made.values() for call in found):
                superfluous.append(str(place))
    assert unused == set(NOT_RECORDED)
    assert superfluous == []


def resources_of(side: str) -> list[str]:
    """What is in an account: the environment's own, and what is nobody's business."""
    account = SIDES[side]
    place = f"us-east-1:{account}"
    return [
        *([RUNS, f"{RUNS}/a", STATE, STATE_KEY] if side == "target" else [DATA, f"{DATA}/2026/a"]),
        *(f"arn:aws:iam::{account}:role/{name}" for name in ("mapspan-local-list-objects", "another")),
        *(f"arn:aws:lambda:{place}:function:{name}" for name in ("mapspan-local-merge-statements", "another")),
        *(f"arn:aws:logs:{place}:log-group:/aws/lambda/{name}" for name in ("mapspan-local-merge-statements", "other")),
        *(f"arn:aws:states:{place}:stateMachine:{name}" for name in ("mapspan-local", "another")),
        f"arn:aws:kms:{place}:key/0",
        f"arn:aws:sns:{place}:{TOPIC}",
        DEPLOY[side],
        PLAN[side],
    ]


@pytest.mark.parametrize(("side", "other"), [("target", "source"), ("source", "target")])
def test_nothing_in_the_other_account_but_to_go_on_as_its_role(
    simulator: Simulator, accounts: Accounts, side: str, other: str
) -> None:
    """From its own side, whatever the other account might allow."""
    for roles in (DEPLOY, PLAN):
        for asked in ({}, {"aws:ResourceTag/Name": TOPIC}):
            found = simulator.sweep(accounts, roles[side], resources_of(other), context=asked, side="identity")
            assert found == ({("sts:AssumeRole", roles["source"])} if side == "target" else set())


def test_what_is_not_the_environments_is_out_of_reach_in_its_own_account(
    simulator: Simulator, accounts: Accounts
) -> None:
    """And so are the roles themselves, and the objects, in an environment that isn't `local`."""
    for side, account in SIDES.items():
        place = f"us-east-1:{account}"
        others = [
            f"arn:aws:iam::{account}:role/another",
            f"arn:aws:lambda:{place}:function:mapspan-locally",
            f"arn:aws:states:{place}:stateMachine:mapspan-local-2",
            f"arn:aws:logs:{place}:log-group:/aws/lambda/other",
            f"arn:aws:sns:{place}:team",
            f"arn:aws:kms:{place}:key/1",
        ]
        assert simulator.sweep(accounts, DEPLOY[side], others) == set()
        ours = [f"arn:aws:iam::{account}:role/mapspan-local-{name}" for name in ("deploy", "plan")]
        assert {action for action, _ in simulator.sweep(accounts, DEPLOY[side], ours)} <= {"sts:AssumeRole"}


def test_a_plans_role_changes_nothing_but_the_states_lock(simulator: Simulator, accounts: Accounts) -> None:
    for side in SIDES:
        resources = [*resources_of(side), f"{STATE_KEY}.tflock", "*"]
        found = simulator.sweep(accounts, PLAN[side], resources, context={"aws:ResourceTag/Name": TOPIC})
        writes = {(action, resource) for action, resource in found if not READS.match(action)}
        lock = {(f"s3:{action}", f"{STATE_KEY}.tflock") for action in ("PutObject", "DeleteObject")}
        assert writes == (lock | {("sts:AssumeRole", PLAN["target"])} if side == "target" else set())


def test_roles_are_assumed_by_those_who_were_named_and_from_one_account_to_the_other(
    simulator: Simulator, accounts: Accounts
) -> None:
    def assumers(role: str) -> set[str]:
        callers = [ADMIN, STRANGER, *DEPLOY.values(), *PLAN.values()]
        return {caller for caller in callers if simulator.allows(accounts, Call(caller, "sts:AssumeRole", role))}

    for roles in (DEPLOY, PLAN):
        for side in SIDES:
            assert assumers(roles[side]) == {ADMIN, roles["target"]}


def test_workflows_deploy_from_their_environment_and_plan_from_pull_requests(accounts: Accounts) -> None:
    subjects = {
        arn: statement["Condition"]["StringEquals"]["token.actions.githubusercontent.com:sub"]
        for arn, role in accounts.roles.items()
        for statement in role.trust["Statement"]
        if statement["Sid"] == "GitHub"
    }
    assert subjects == {
        DEPLOY["target"]: ["repo:team/pipelines:environment:local"],
        PLAN["target"]: ["repo:team/pipelines:pull_request", "repo:team/pipelines:ref:refs/heads/main"],
    }
