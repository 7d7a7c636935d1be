"""The questions to AWS, asked of the local cloud by the same code: those that take no deploy."""

from __future__ import annotations

from pathlib import Path

from mapspan.local.local_deployment import LocalDeployment
from tests.aws.accounts import Accounts
from tests.aws.answers import read_answers
from tests.aws.questions import QUESTIONS
from tests.aws.session import ask

QUICK = ("denied_start", "empty_prefix", "inventory_keys", "child_names", "listed_objects", "unread_items")


def test_questions_are_answered_and_everything_is_deleted(undeployed: LocalDeployment, tmp_path: Path) -> None:
    accounts = Accounts.of_local_cloud(undeployed.endpoint_url)
    lines: list[str] = []
    outcome = ask(
        accounts,
        [question for question in QUESTIONS if question.name in QUICK],
        directory=tmp_path / "stack",
        answers=tmp_path / "answers.json",
        page_file=tmp_path / "page.md",
        report=lines.append,
    )
    assert (outcome.unanswered, outcome.left) == ({}, [])
    assert set(outcome.answered) == set(QUICK)
    facts = {name: answer.facts for name, answer in read_answers(tmp_path / "answers.json").items()}
    assert "states:StartExecution" in facts["denied_start"]["cause"]
    assert len(facts["child_names"]["children"]) == 2
    assert "keys/a space.txt" in facts["inventory_keys"]["keys that arrive URL-encoded"]
    assert "the local cloud" in (tmp_path / "page.md").read_text(encoding="utf-8")

    for s3 in (accounts.in_target("s3"), accounts.in_source("s3")):
        assert not [bucket for bucket in s3.list_buckets()["Buckets"] if "aws-test" in bucket["Name"]]
    roles = accounts.in_target("iam").list_roles()["Roles"]
    machines = accounts.in_target("stepfunctions").list_state_machines()["stateMachines"]
    assert not [entry for entry in (*roles, *machines) if "aws-test" in str(entry)]
