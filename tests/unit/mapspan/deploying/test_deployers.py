"""Who is refused as a deployer, and how GitHub's workflows are named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from environments.files import load
from mapspan.deploying.bootstrap import stacks
from mapspan.deploying.deployers import Deployers
from mapspan.main import commands

ROLE = "arn:aws:iam::777777777777:role/admin"
ROOT = "arn:aws:iam::777777777777:root"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--trust", "*"], "--trust *: not the ARN of one role or user: write arn:aws:iam::<account id>:role/<name>"),
        (["--trust", "777777777777"], "not the ARN of one role or user"),
        (["--trust", "arn:aws:iam::777777777777:role/*"], "not the ARN of one role or user"),
        (["--trust", "arn:aws:sts::777777777777:assumed-role/admin/me"], "not the ARN of one role or user"),
        (["--trust", f"{ROLE}\x1b[2K"], "role/admin␛[2K: not the ARN of one role or user"),
        (["--trust", ROOT], "name one role or user, or add --allow-account"),
        (["--trust", "arn:aws-cn:iam::777777777777:role/admin"], "begin it with arn:aws:"),
        (["--trust", ROLE, "--trust-source", "*"], "--trust-source *: not the ARN of one role or user"),
        (["--trust-source", ROLE], "nobody could assume the roles"),
        (["--github", "team"], "--github team: not a repository: write OWNER/REPOSITORY"),
        (["--github", "team/*"], "not a repository"),
        (["--github", "team/pipelines", "--github-ids", "1"], "gh api repos/team/pipelines"),
        (["--trust", ROLE, "--github-ids", "1/2"], "--github-ids without --github"),
    ],
)
def test_what_would_let_in_more_or_nobody_is_refused_and_nothing_is_written(
    tmp_path: Path, arguments: list[str], reason: str
) -> None:
    done = CliRunner().invoke(commands, ["bootstrap", "prod", *arguments, "--output", str(tmp_path)])
    assert done.exit_code != 0
    assert reason in " ".join(str(done.exception or done.output).split())
    assert list(tmp_path.iterdir()) == []


def test_an_accounts_root_is_trusted_only_if_asked_for_and_the_template_says_so() -> None:
    _, target, _ = stacks(load("prod"), Deployers(principals=[ROOT], allow_account=True))
    assert "Every principal of account 777777777777" in target.template["Description"]
    _, target, _ = stacks(load("prod"), Deployers(principals=[ROLE]))
    assert "Every principal" not in target.template["Description"]


def test_people_get_into_the_source_account_only_if_they_are_named_for_it() -> None:
    named = "arn:aws:iam::888888888888:role/owner"
    for source_principals in ((), (named,)):
        *_, source = stacks(load("prod"), Deployers(principals=[ROLE], source_principals=source_principals))
        for id_ in ("DeployRole", "PlanRole"):
            trust = json.dumps(source.template["Resources"][id_]["Properties"]["AssumeRolePolicyDocument"])
            assert ROLE not in trust
            assert (named in trust) == bool(source_principals)


def test_a_repositorys_ids_add_the_newer_form_of_its_subjects() -> None:
    claims = ["pull_request"]
    assert Deployers(github="team/pipelines").subjects(claims) == ["repo:team/pipelines:pull_request"]
    assert Deployers(github="team/pipelines", github_ids="12/345").subjects(claims) == [
        "repo:team/pipelines:pull_request",
        "repo:team@12/pipelines@345:pull_request",
    ]
    assert Deployers().subjects(claims) == []
