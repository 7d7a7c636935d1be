"""The roles from bootstrap allow every call of a deploy, the plan role every read of a plan, and nothing else."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

import pytest

from environments.files import load
from mapspan.deploying.bootstrap import stacks
from mapspan.deploying.deployers import Deployers
from mapspan.review.iam.accounts import Accounts, Bucket, Document, Role, as_list
from mapspan.review.iam.simulator import Call, Simulator
from tests.iam.bootstrap_roles import bootstrap_roles
from tests.iam.deploy_calls import recorded_calls, with_deploy_roles
from tests.iam.environment_variants import environment_variants

# The name starts with the environment's prefix: even so, a role must not reach itself.
LOCAL = with_deploy_roles(load("local"), "mapspan-local-deploy")
TARGET, SOURCE = LOCAL.target.account_id, LOCAL.source.account_id
ADMIN = f"arn:aws:iam::{TARGET}:role/admin"
KEYS = [f"arn:aws:kms:us-east-1:{account}:key/0" for account in (TARGET, SOURCE)]
VARIANTS = [with_deploy_roles(variant, "mapspan-local-deploy") for variant in environment_variants(KEYS)]
OUTPUT = str(VARIANTS[0].output_bucket)
TOPIC = "mapspan-local-alarms"
STATE = "arn:aws:s3:::mapspan-state"
STATE_KEY = f"{STATE}/mapspan/local/terraform.tfstate"
SIDES = {"target": TARGET, "source": SOURCE}
DEPLOY = {side: f"arn:aws:iam::{account}:role/mapspan-local-deploy" for side, account in SIDES.items()}
PLAN = {side: f"arn:aws:iam::{account}:role/mapspan-local-plan" for side, account in SIDES.items()}
BOUNDARY = {side: f"arn:aws:iam::{account}:policy/mapspan-local-boundary" for side, account in SIDES.items()}
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
# Changes that the recorded deploys don't make, but that an edited environment may need.
NOT_RECORDED = {
    "iam:UpdateAssumeRolePolicy": "who may assume a role",
    "iam:UpdateRole": "a role's description, or its longest session",
    "lambda:DeleteFunctionConcurrency": "reserved_concurrency taken out",
    "lambda:UpdateFunctionCode": "new code",
    "logs:DeleteRetentionPolicy": "logs kept forever",
    "scheduler:UpdateSchedule": "another time",
}
# Calls that give a role permissions: IAM knows the boundary that the role has, or gets.
BOUNDED_CALLS = ("iam:CreateRole", "iam:PutRolePolicy", "iam:PutRolePermissionsBoundary")


@pytest.fixture(scope="module")
def accounts() -> Accounts:
    """Both accounts with the roles of all variants: a role may do what it may do in any of them."""
    roles: dict[str, Role] = {}
    for variant in VARIANTS:
        state = variant.state_backend.model_copy(update={"type": "s3", "bucket": "mapspan-state"})
        environment = variant.model_copy(update={"state_backend": state})
        for arn, role in bootstrap_roles(environment, Deployers(principals=[ADMIN], github="team/pipelines")).items():
            earlier_policies = roles[arn].policies if arn in roles else {}
            roles[arn] = Role(policies={**role.policies, **earlier_policies}, trust=role.trust)
    nobody: Document = {"Version": "2012-10-17", "Statement": []}
    others = {arn: Role(policies={"all": MAY_ALL}, trust=nobody) for arn in (ADMIN, STRANGER)}
    ours = (LOCAL.runs_bucket, LOCAL.inventory_bucket, LOCAL.replica_bucket, OUTPUT, "mapspan-state")
    owners = {**dict.fromkeys(ours, TARGET), LOCAL.source.bucket: SOURCE}
    buckets = {name: Bucket(account_id=owner) for name, owner in owners.items()}
    # Like KMS's default policy, each leaves the decision to its account's IAM policies.
    keys = {f"arn:aws:kms:us-east-1:{account}:key/{key}": account for account in SIDES.values() for key in (0, 1)}
    key_policies = {
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
    return Accounts(roles={**roles, **others}, buckets=buckets, resource_policies=key_policies)


def context(action: str) -> dict[str, str]:
    """The context of terraform's calls that the conditions for keys need."""
    if action in BOUNDED_CALLS:
        return {"iam:PermissionsBoundary": BOUNDARY["target"]}
    if action == "s3:ListBucketVersions":
        return {"s3:prefix": "code/0.zip"}
    if action == "kms:CreateGrant":
        return {"kms:GranteePrincipal": READER, "kms:GrantOperations": "Decrypt"}
    return {}


def in_runs(object_arn: str) -> dict[str, str]:
    """The context of S3's use of the runs bucket's key for an object."""
    return {"kms:ViaService": "s3.us-east-1.amazonaws.com", "kms:EncryptionContext:aws:s3:arn": object_arn}


def calls_of(phase: str, roles: dict[str, str]) -> list[Call]:
    return [
        Call(roles[side], action, resource, context(action))
        for side, actions in recorded_calls(phase).items()
        for action, resources in actions.items()
        for resource in resources
    ]


def calls_on_aws(roles: dict[str, str]) -> list[Call]:
    """The calls that AWS checks and the local cloud doesn't: to pass roles, to tag resources, and to keep the state.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
    https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
    https://developer.hashicorp.com/terraform/language/backend/s3#permissions-required
    """
    target, source = roles["target"], roles["source"]
    tagging = [("iam:TagRole", ROLE), ("iam:UntagRole", ROLE)]
    for service, resource in (
        ("lambda", "function:mapspan-local-list-objects"),
        ("logs", "log-group:/aws/vendedlogs/states/mapspan-local"),
        ("states", "stateMachine:mapspan-local"),
        ("cloudwatch", "alarm:mapspan-local-runs-failed"),
        ("scheduler", "schedule-group/mapspan-local"),
        ("sns", TOPIC),
    ):
        arn = f"arn:aws:{service}:us-east-1:{TARGET}:{resource}"
        tagging += [(f"{service}:TagResource", arn), (f"{service}:UntagResource", arn)]
    return [
        *(Call(target, action, resource) for action, resource in tagging),
        *(
            Call(target, "iam:PassRole", ROLE, {"iam:PassedToService": f"{service}.amazonaws.com"})
            for service in ("lambda", "states", "scheduler")
        ),
        Call(source, "iam:PassRole", MERGE_ROLE, {"iam:PassedToService": "lambda.amazonaws.com"}),
        Call(source, "iam:PassRole", REPLICATION_ROLE, {"iam:PassedToService": "s3.amazonaws.com"}),
        Call(target, "iam:PutRolePermissionsBoundary", ROLE, context("iam:CreateRole")),
        *(
            Call(roles[side], f"iam:{action}", BOUNDARY[side])
            for side in SIDES
            for action in ("GetPolicy", "GetPolicyVersion")
        ),
        Call(target, "s3:ListBucket", STATE),
        *(Call(target, f"s3:{action}", STATE_KEY) for action in ("GetObject", "PutObject")),
        *(Call(target, f"s3:{action}", f"{STATE_KEY}.tflock") for action in ("GetObject", "PutObject", "DeleteObject")),
        *(Call(target, "sts:AssumeRole", role) for role in roles.values()),
        *(Call(target, f"s3:{action}", f"{RUNS}/key-lists/a") for action in ("DeleteObject", "DeleteObjectVersion")),
        Call(target, "s3:ListBucketVersions", RUNS),
        # A large upload is in parts, and S3 uses its bucket's key for the caller.
        Call(target, "s3:AbortMultipartUpload", f"{RUNS}/code/0.zip"),
        *(
            Call(target, action, KEYS[0], in_runs(f"{RUNS}/code/0.zip"))
            for action in ("kms:Decrypt", "kms:GenerateDataKey")
        ),
    ]


def test_the_deploy_roles_allow_every_call_of_a_deploy(simulator: Simulator, accounts: Accounts) -> None:
    calls = [*calls_of("deploy", DEPLOY), *calls_on_aws(DEPLOY)]
    assert len(calls) > 200
    assert [str(call) for call in calls if not simulator.allows(accounts, call)] == []


def test_the_plan_roles_allow_every_call_of_a_plan(simulator: Simulator, accounts: Accounts) -> None:
    calls = calls_of("plan", PLAN)
    assert len(calls) > 100
    assert [str(call) for call in calls if not simulator.allows(accounts, call)] == []


def matching(pattern: str, calls: list[Call]) -> list[Call]:
    return [call for call in calls if fnmatchcase(call.action, pattern)]


def test_every_action_and_every_statement_of_the_deploy_roles_is_needed(
    simulator: Simulator, accounts: Accounts
) -> None:
    calls = [*calls_of("deploy", DEPLOY), *calls_on_aws(DEPLOY)]
    unused, unneeded = set(), []
    for location, statement in accounts.statements():
        if location.kind == "identity" and location.owner in DEPLOY.values() and statement["Effect"] == "Allow":
            calls_by_action = {action: matching(action, calls) for action in as_list(statement["Action"])}
            unused |= {action for action, action_calls in calls_by_action.items() if not action_calls}
            fewer = accounts.without(location)
            if all(simulator.allows(fewer, call) for action_calls in calls_by_action.values() for call in action_calls):
                unneeded.append(str(location))
    assert unused == set(NOT_RECORDED)
    assert unneeded == []


def resources_of(side: str) -> list[str]:
    """Resources in an account: the environment's own, and others."""
    account = SIDES[side]
    home = f"us-east-1:{account}"
    return [
        *([RUNS, f"{RUNS}/a", STATE, STATE_KEY] if side == "target" else [DATA, f"{DATA}/2026/a"]),
        *(f"arn:aws:iam::{account}:role/{name}" for name in ("mapspan-local-list-objects", "another")),
        *(f"arn:aws:lambda:{home}:function:{name}" for name in ("mapspan-local-merge-statements", "another")),
        *(f"arn:aws:logs:{home}:log-group:/aws/lambda/{name}" for name in ("mapspan-local-merge-statements", "other")),
        *(f"arn:aws:states:{home}:stateMachine:{name}" for name in ("mapspan-local", "another")),
        f"arn:aws:kms:{home}:key/0",
        f"arn:aws:sns:{home}:{TOPIC}",
        DEPLOY[side],
        PLAN[side],
    ]


@pytest.mark.parametrize(("side", "other"), [("target", "source"), ("source", "target")])
def test_a_role_may_only_assume_its_partner_in_the_other_account(
    simulator: Simulator, accounts: Accounts, side: str, other: str
) -> None:
    """The role's own policies decide, whatever the other account allows."""
    for roles in (DEPLOY, PLAN):
        for tags in ({}, {"aws:ResourceTag/Name": TOPIC}):
            allowed = simulator.sweep(accounts, roles[side], resources_of(other), context=tags, side="identity")
            assert allowed == ({("sts:AssumeRole", roles["source"])} if side == "target" else set())


def test_a_role_may_do_nothing_with_resources_that_are_not_the_environments(
    simulator: Simulator, accounts: Accounts
) -> None:
    """Nor with the deploy and plan roles, which it may at most assume."""
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


def test_a_plan_role_changes_nothing(simulator: Simulator, accounts: Accounts) -> None:
    for side in SIDES:
        resources = [*resources_of(side), f"{STATE_KEY}.tflock", "*"]
        allowed = simulator.sweep(accounts, PLAN[side], resources, context={"aws:ResourceTag/Name": TOPIC})
        writes = {(action, resource) for action, resource in allowed if not READS.match(action)}
        assert writes == ({("sts:AssumeRole", PLAN["target"])} if side == "target" else set())


def test_only_trusted_principals_and_the_role_in_the_target_account_may_assume_a_role(
    simulator: Simulator, accounts: Accounts
) -> None:
    def assumers(role: str) -> set[str]:
        callers = [ADMIN, STRANGER, *DEPLOY.values(), *PLAN.values()]
        return {caller for caller in callers if simulator.allows(accounts, Call(caller, "sts:AssumeRole", role))}

    for roles in (DEPLOY, PLAN):
        for side in SIDES:
            assert assumers(roles[side]) == {roles["target"], *([ADMIN] if side == "target" else [])}


def test_github_deploys_from_its_environment_and_plans_from_pull_requests_and_main(accounts: Accounts) -> None:
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


def test_outside_the_local_cloud_a_role_reads_and_writes_the_code_and_no_other_object(simulator: Simulator) -> None:
    prod = load("prod").model_copy(update={"kms_key_arn": "arn:aws:kms:eu-west-1:777777777777:key/0"})
    _, stack, _ = stacks(prod, Deployers(principals=[ADMIN]))
    role = stack.template["Resources"]["DeployRole"]["Properties"]
    arn = f"arn:aws:iam::777777777777:role/{role['RoleName']}"
    policies = {policy["PolicyName"]: policy["PolicyDocument"] for policy in role["Policies"]}
    nobody: Document = {"Version": "2012-10-17", "Statement": []}
    account = Accounts(
        roles={arn: Role(policies=policies, trust=nobody)},
        buckets={prod.runs_bucket: Bucket(account_id="777777777777")},
    )
    runs = f"arn:aws:s3:::{prod.runs_bucket}"
    allowed = simulator.sweep(account, arn, [f"{runs}/code/0.zip", f"{runs}/key-lists/a", f"{runs}/map-runs/a"])
    actions = (
        "PutObject AbortMultipartUpload GetObject DeleteObject DeleteObjectVersion PutObjectTagging GetObjectTagging"
    )
    assert allowed == {(f"s3:{action}", f"{runs}/code/0.zip") for action in actions.split()}
    for prefix, may in (("code/0.zip", True), ("key-lists/a", False)):
        call = Call(arn, "s3:ListBucketVersions", runs, {"s3:prefix": prefix})
        assert simulator.allows(account, call) == may
