"""The GitHub workflow to copy: its jobs assume the roles that bootstrap creates, and pass the reviewed plan on."""

from __future__ import annotations

from typing import Any

import pytest
import yaml  # type: ignore[import-untyped] # its types are a package of their own

from environments.files import load
from mapspan.deploying.bootstrap import stacks
from mapspan.deploying.deploy_roles import roles_of
from mapspan.deploying.deployers import Deployers
from mapspan.deploying.saved_plan import PLAN, SEAL
from tests.unit.docs.pages import WORKFLOW

PROD = load("prod")


@pytest.fixture(scope="module")
def workflow() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))
    return document


def test_each_job_assumes_its_own_role(workflow: dict[str, Any]) -> None:
    env = workflow["env"]
    target = roles_of(PROD, PROD.target)
    assert (env["DEPLOY_ROLE"], env["PLAN_ROLE"]) == (target.deploy, target.plan)
    assert env["SOURCE_PLAN_ROLE"] == roles_of(PROD, PROD.source).plan
    for name, job in workflow["jobs"].items():
        (role,) = (step["with"]["role-to-assume"] for step in job["steps"] if "role-to-assume" in step.get("with", {}))
        assert role == ("${{ env.DEPLOY_ROLE }}" if name == "deploy" else "${{ env.PLAN_ROLE }}")
        assert job["permissions"]["id-token"] == "write"


def test_the_deploy_job_runs_in_the_github_environment_that_its_role_trusts(workflow: dict[str, Any]) -> None:
    _, target, _ = stacks(PROD, Deployers(github="team/pipelines"))
    trust = target.template["Resources"]["DeployRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    (github,) = (statement for statement in trust if statement["Sid"] == "GitHub")
    job = workflow["jobs"]["deploy"]
    assert github["Condition"]["StringEquals"]["token.actions.githubusercontent.com:sub"] == [
        f"repo:team/pipelines:environment:{job['environment']}"
    ]
    assert job["needs"] == "review"


def test_the_deploy_job_gets_the_files_that_the_review_job_keeps(workflow: dict[str, Any]) -> None:
    directory = "cdktf.out/stacks/${{ env.ENVIRONMENT }}"
    upload = step_using(workflow["jobs"]["review"], "upload-artifact")
    download = step_using(workflow["jobs"]["deploy"], "download-artifact")
    assert upload["path"].splitlines() == [f"{directory}/{PLAN}", f"{directory}/{SEAL}"]
    assert (download["name"], download["path"]) == (upload["name"], directory)


def step_using(job: dict[str, Any], action: str) -> dict[str, Any]:
    """The inputs of the job's one step that uses an action."""
    (inputs,) = (step["with"] for step in job["steps"] if action in step.get("uses", ""))
    return dict(inputs)
