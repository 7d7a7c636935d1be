"""The GitHub workflow to copy: its jobs assume the roles that bootstrap creates, and pass the reviewed plan on."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped] # its types are a package of their own

from environments.files import load
from mapspan.checkout import ROOT
from mapspan.deploying.bootstrap import stacks
from mapspan.deploying.deploy_roles import roles_of
from mapspan.deploying.deployers import Deployers
from mapspan.deploying.saved_plan import PLAN, SEAL
from mapspan.review.page.markdown import LIMIT
from modules.provider_lock import LOCK_FILE
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


def test_every_action_is_named_by_a_commit_with_its_version_beside_it() -> None:
    uses = re.findall(r"uses: (.*)", WORKFLOW.read_text(encoding="utf-8"))
    assert uses
    assert [action for action in uses if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action)] == []
    assert len({action.partition("@")[0] for action in uses}) == len(set(uses)), "one version of each action"


def test_the_page_and_the_workflow_lock_the_provider_for_the_same_platforms() -> None:
    page, workflow = (file.read_text(encoding="utf-8") for file in (ROOT / "docs" / "ci.md", WORKFLOW))
    platforms = re.findall(r"-platform=(\w+)", page)
    assert set(platforms) >= {"linux_amd64", "linux_arm64", "darwin_arm64"}
    assert re.findall(r"-platform=(\w+)", workflow) == platforms
    for text in (page, workflow):
        assert f"environments/{LOCK_FILE.name}" in text


# Stands for GitHub's command line: it answers with the comments of a file, and writes down what else it is asked to do.
GH = """#!/bin/sh
case "$*" in
  *--jq*) while [ "$1" != --jq ]; do shift; done; exec jq --raw-output "$2" comments.json ;;
  *) echo "$*" >> calls ;;
esac
"""
MARKER = "<!-- mapspan review prod -->"
BOT = "github-actions[bot]"
COMMENTS = "repos/team/pipelines/issues"


def comment_calls(workflow: dict[str, Any], directory: Path, comments: list[tuple[int, str, str]]) -> list[str]:
    """What the review's step asks of GitHub on pull request 7, whose comments are (id, author, body)."""
    (step,) = (step for step in workflow["jobs"]["review"]["steps"] if "GH_TOKEN" in step.get("env", {}))
    gh = directory / "gh"
    gh.write_text(GH)
    gh.chmod(0o755)
    answer = [{"id": number, "user": {"login": author}, "body": body} for number, author, body in comments]
    (directory / "comments.json").write_text(json.dumps(answer))
    (directory / "review.md").write_text("# Review\n")
    subprocess.run(  # noqa: S603 - the workflow's own script, run as GitHub runs it
        ["bash", "-e", "-c", step["run"]],  # noqa: S607 - the machine's bash
        cwd=directory,
        env={
            "PATH": f"{directory}:/usr/bin:/bin",
            "ENVIRONMENT": workflow["env"]["ENVIRONMENT"],
            "GITHUB_REPOSITORY": "team/pipelines",
            "GITHUB_STEP_SUMMARY": "summary",
            "PULL_REQUEST": "7",
        },
        check=True,
    )
    assert (directory / "summary").read_text() == "# Review\n"
    assert (directory / "comment.md").read_text() == f"{MARKER}\n# Review\n"
    return (directory / "calls").read_text().splitlines()


@pytest.mark.parametrize(
    "comments",
    [
        [],
        [(1, "someone", f"{MARKER}\n# Review\n")],
        [(1, BOT, "the coverage of another workflow")],
        [(1, BOT, f"another workflow's comment that quotes {MARKER}")],
        [(1, BOT, "<!-- mapspan review dev -->\n# Review\n")],
    ],
    ids=["none", "a person's copy", "another workflow's", "a quotation", "another environment's"],
)
def test_the_review_edits_no_comment_but_its_own(
    workflow: dict[str, Any], tmp_path: Path, comments: list[tuple[int, str, str]]
) -> None:
    (call,) = comment_calls(workflow, tmp_path, comments)
    assert call == f"api --method POST {COMMENTS}/7/comments --field body=@comment.md --silent"


def test_the_review_edits_its_own_comment(workflow: dict[str, Any], tmp_path: Path) -> None:
    own = [(number, BOT, f"{MARKER}\n# Review of a former commit\n") for number in (2, 4)]
    (call,) = comment_calls(workflow, tmp_path, [(1, "someone", MARKER), *own, (5, BOT, "later")])
    assert call == f"api --method PATCH {COMMENTS}/comments/2 --field body=@comment.md --silent"


def test_a_review_with_the_line_that_marks_it_fits_into_a_comment() -> None:
    # An environment's name is part of a bucket's name, which has at most 63 characters.
    assert LIMIT + len(f"{MARKER.replace('prod', 'e' * 63)}\n") <= 65_536
