"""The roles from bootstrap allow every call of a deploy, the plan role every read of a plan, and nothing else."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest

from environments.files import load
from mapspan.deploying.bootstrap import stacks
from mapspan.deploying.deployers import Deployers
from mapspan.review.iam.accounts import Accounts, Bucket, Document, Role, as_list
from mapspan.review.iam.simulator import Call, Simulator
from tests.iam.deploy_accounts import (
    ADMIN,
    DATA,
    DEPLOY,
    NOT_RECORDED,
    PLAN,
    READS,
    RUNS,
    SIDES,
    STATE,
    STATE_KEY,
    STRANGER,
    TOPIC,
    bootstrapped_accounts,
    calls_of,
    calls_on_aws,
)


@pytest.fixture(scope="module")
def accounts() -> Accounts:
    return bootstrapped_accounts()


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
