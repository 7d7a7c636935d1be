"""The table of docs/ci.md is true: what the plan role and the deploy role may do, row by row."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pytest

from environments.environment import Environment
from environments.files import load
from mapspan.checkout import ROOT
from mapspan.deploying.deploy_roles import roles_of
from mapspan.deploying.deployers import Deployers
from mapspan.review.iam.accounts import Accounts, Bucket
from mapspan.review.iam.simulator import Call, Simulator
from modules.pipeline import buckets
from modules.resource_names import function_name
from tests.iam.bootstrap_roles import bootstrap_roles

PROD = load("prod")
TARGET, SOURCE = roles_of(PROD, PROD.target), roles_of(PROD, PROD.source)
ROLES = {"plan role": (TARGET.plan, SOURCE.plan), "deploy role": (TARGET.deploy, SOURCE.deploy)}
LOCATION = buckets.target_location(PROD)
STATE = f"{LOCATION.bucket_arn(PROD.state_backend.bucket or '')}/{PROD.state_key}"
MACHINE = LOCATION.arn("states", f"stateMachine:{PROD.prefix}")
FUNCTION = LOCATION.arn("lambda", f"function:{function_name(PROD.prefix, 'process_objects')}")
FUNCTION_ROLE = LOCATION.role_arn(function_name(PROD.prefix, "process_objects"))
DATA = f"arn:aws:s3:::{PROD.source.bucket}"
OWN_ROLE = "own role"  # stands for the ARN of the role that calls


@dataclass(frozen=True)
class Asked:
    """The resources of a row's actions, and the context of its calls. `in_source`: the source account's role calls."""

    resources: Mapping[str, str]
    in_source: frozenset[str] = frozenset()
    context: Mapping[str, str] = field(default_factory=dict)


ASKED = {
    "reads the configuration of what is deployed": Asked(
        {"states:DescribeStateMachine": MACHINE, "s3:GetBucketPolicy": DATA},
        in_source=frozenset({"s3:GetBucketPolicy"}),
    ),
    "reads the functions' code": Asked({"lambda:GetFunction": FUNCTION}),
    "changes what is deployed": Asked(
        {"states:UpdateStateMachine": MACHINE, "lambda:UpdateFunctionCode": FUNCTION, "s3:PutBucketPolicy": DATA},
        in_source=frozenset({"s3:PutBucketPolicy"}),
    ),
    "reads the state": Asked({"s3:GetObject": STATE}),
    "writes the state": Asked({"s3:PutObject": STATE}),
    "deletes the state's lock": Asked({"s3:DeleteObject": f"{STATE}.tflock"}),
    "lists the source bucket's keys": Asked({"s3:ListBucket": DATA}, in_source=frozenset({"s3:ListBucket"})),
    "reads the source bucket's objects": Asked(
        {"s3:GetObject": f"{DATA}/{PROD.source.prefixes[0]}a"}, in_source=frozenset({"s3:GetObject"})
    ),
    "assumes the source account's plan role": Asked({"sts:AssumeRole": SOURCE.plan}),
    "assumes the source account's deploy role": Asked({"sts:AssumeRole": SOURCE.deploy}),
    "changes its own permissions": Asked(
        dict.fromkeys(("iam:PutRolePolicy", "iam:AttachRolePolicy", "iam:UpdateAssumeRolePolicy"), OWN_ROLE),
        context={"iam:PermissionsBoundary": TARGET.boundary},
    ),
    "changes the permissions boundary": Asked({"iam:CreatePolicyVersion": TARGET.boundary}),
    "creates a role with the boundary": Asked(
        {"iam:CreateRole": FUNCTION_ROLE}, context={"iam:PermissionsBoundary": TARGET.boundary}
    ),
    "creates a role without the boundary": Asked({"iam:CreateRole": FUNCTION_ROLE}),
}


@dataclass(frozen=True)
class Row:
    """A row of the page's table: what, the answer for each role, and the actions."""

    what: str
    answers: Mapping[str, str]
    actions: list[str]


def rows() -> list[Row]:
    page = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    section = page.partition("## What the two roles may do\n")[2].partition("\n## ")[0]
    header, _, *lines = re.findall(r"^\|(.*)\|$", section, re.MULTILINE)
    _, *names, _ = (cell.strip() for cell in header.split("|"))
    table = []
    for line in lines:
        what, *answers, actions = (cell.strip() for cell in line.split("|"))
        table.append(Row(what, dict(zip(names, answers, strict=True)), re.findall(r"`([^`]+)`", actions)))
    return table


def accounts(environment: Environment) -> Accounts:
    owners = {
        environment.state_backend.bucket or "": environment.target.account_id,
        environment.source.bucket: environment.source.account_id,
    }
    return Accounts(
        roles=bootstrap_roles(environment, Deployers(github="team/pipelines")),
        buckets={name: Bucket(account_id=owner) for name, owner in owners.items()},
    )


@pytest.fixture(scope="module")
def prod() -> Accounts:
    return accounts(PROD)


def calls(row: Row, role: str) -> Iterator[Call]:
    """The row's calls by a role; where its counterpart in the source account calls, by that one."""
    asked = ASKED[row.what]
    in_target, in_source = ROLES[role]
    for action in row.actions:
        caller = in_source if action in asked.in_source else in_target
        resource = asked.resources[action]
        # IAM has no boundary in the context of a changed trust policy.
        context = {} if action == "iam:UpdateAssumeRolePolicy" else asked.context
        yield Call(caller, action, caller if resource == OWN_ROLE else resource, context)


def test_the_table_has_every_row_with_its_actions() -> None:
    assert {row.what: set(row.actions) for row in rows()} == {
        what: set(asked.resources) for what, asked in ASKED.items()
    }
    assert {role for row in rows() for role in row.answers} == set(ROLES)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("row", rows(), ids=lambda row: row.what)
def test_a_role_may_do_what_its_row_says(simulator: Simulator, prod: Accounts, row: Row, role: str) -> None:
    answers = {str(call): "yes" if simulator.allows(prod, call) else "no" for call in calls(row, role)}
    assert answers
    assert answers == dict.fromkeys(answers, row.answers[role])


def test_no_role_lists_the_source_bucket_under_replication(simulator: Simulator) -> None:
    replicating = accounts(PROD.model_copy(update={"key_source": "replication"}))
    for _, role in ROLES.values():
        assert not simulator.allows(replicating, Call(role, "s3:ListBucket", DATA))


def test_under_handover_bootstrap_creates_no_role_in_the_source_account() -> None:
    source = PROD.source.model_copy(update={"bucket_policy": "handover", "deploy_role_arn": None})
    roles = accounts(PROD.model_copy(update={"source": source})).roles
    assert {arn.split(":")[4] for arn in roles} == {PROD.target.account_id}
