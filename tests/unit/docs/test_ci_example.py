"""The workflow for users: it parses, and what it types are commands that exist, with options that exist."""

from __future__ import annotations

import re
from typing import Any

import pytest
import typer
import yaml  # type: ignore[import-untyped] # its types are a package of their own

from environments.files import load
from mapspan.checkout import ROOT
from mapspan.deploying.bootstrap import Trusted, roles_of, stacks
from mapspan.deploying.saved_plan import PLAN, SEAL
from mapspan.main import commands

CI = ROOT / "docs" / "ci"
PROD = load("prod")


@pytest.fixture(scope="module")
def workflow() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((CI / "mapspan.yml").read_text(encoding="utf-8"))
    return found


def typed(text: str) -> list[list[str]]:
    """The words of every `mapspan` command in a text."""
    return [line.split() for line in re.findall(r"(?:^|[\s`/])mapspan ((?:[a-z][a-z-]*)[^`\n]*)", text)]


@pytest.mark.parametrize("file", ["ci/mapspan.yml", "ci.md", "troubleshooting.md"])
def test_every_command_and_option_that_is_named_exists(file: str) -> None:
    group = typer.main.get_command(commands)
    known: dict[str, Any] = group.commands  # type: ignore[attr-defined] # a group, since there are several
    found = typed((ROOT / "docs" / file).read_text(encoding="utf-8"))
    assert found
    for command, *rest in found:
        assert command in known, command
        options = {option for parameter in known[command].params for option in parameter.opts}
        assert {word for word in rest if word.startswith("--")} <= options


def test_each_job_comes_as_its_own_role(workflow: dict[str, Any]) -> None:
    env = workflow["env"]
    target = roles_of(PROD, PROD.target)
    assert (env["DEPLOY_ROLE"], env["PLAN_ROLE"]) == (target.deploy, target.plan)
    assert env["SOURCE_PLAN_ROLE"] == roles_of(PROD, PROD.source).plan
    for name, job in workflow["jobs"].items():
        (role,) = (step["with"]["role-to-assume"] for step in job["steps"] if "role-to-assume" in step.get("with", {}))
        assert role == ("${{ env.DEPLOY_ROLE }}" if name == "deploy" else "${{ env.PLAN_ROLE }}")
        assert job["permissions"]["id-token"] == "write"


def test_the_deploy_waits_for_the_environment_that_its_role_trusts(workflow: dict[str, Any]) -> None:
    _, target, _ = stacks(PROD, Trusted(github="team/pipelines"))
    trust = target.template["Resources"]["DeployRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    (github,) = (statement for statement in trust if statement["Sid"] == "GitHub")
    job = workflow["jobs"]["deploy"]
    assert github["Condition"]["StringEquals"]["token.actions.githubusercontent.com:sub"] == [
        f"repo:team/pipelines:environment:{job['environment']}"
    ]
    assert job["needs"] == "review"


def test_what_the_review_keeps_is_what_the_deploy_gets(workflow: dict[str, Any]) -> None:
    directory = "cdktf.out/stacks/${{ env.ENVIRONMENT }}"
    (kept,) = (s["with"] for s in workflow["jobs"]["review"]["steps"] if "upload-artifact" in s.get("uses", ""))
    (got,) = (s["with"] for s in workflow["jobs"]["deploy"]["steps"] if "download-artifact" in s.get("uses", ""))
    assert kept["path"].splitlines() == [f"{directory}/{PLAN}", f"{directory}/{SEAL}"]
    assert (got["name"], got["path"]) == (kept["name"], directory)
