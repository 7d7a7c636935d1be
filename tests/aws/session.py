"""One call: ask the questions one after another, keep the answers, and delete what was created."""

from __future__ import annotations

import functools
import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from mapspan.checkout import tool_environment
from mapspan.deploying.terraform import program
from tests.aws.accounts import Accounts
from tests.aws.answers import Answer, read_answers, write_answers
from tests.aws.bench import Bench
from tests.aws.lifetime import Cleanup, Report, TimeLimitError, limited
from tests.aws.page import page
from tests.aws.question import Facts, Question
from tests.aws.questions import QUESTIONS
from tests.aws.unanswered import Unanswered

# For the deploy and the destroy of a pipeline, beside the questions' own minutes.
_MARGIN_MINUTES = 20


@dataclass(kw_only=True)
class Outcome:
    """What a call achieved.

    Args:
        answered: the names of questions.
        unanswered: by question, why AWS could not be asked.
        left: what could not be deleted.
    """

    answered: list[str] = field(default_factory=list)
    unanswered: dict[str, str] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)


def minutes(questions: Sequence[Question]) -> int:
    """How long a call may take, at most: its limit."""
    return sum(question.minutes for question in questions) + _MARGIN_MINUTES


def statement(questions: Sequence[Question], accounts: Accounts) -> str:
    """What a call creates, what it costs and how long it takes."""
    waits = any(question.asked == "inventory" for question in questions)
    dollars = sum(question.dollars for question in questions)
    return "\n".join(
        [
            f"Asks {len(questions)} questions in account {accounts.target.account_id} (target) and account"
            f" {accounts.source.account_id} (source), in {accounts.target.region}.",
            "Creates buckets, roles, state machines, functions, a dashboard and alarms. All names begin with"
            " mapspan-aws-test, and all are deleted at the end.",
            *(["The two buckets of the inventory stay until it was delivered and read."] if waits else []),
            f"Costs at most ${max(dollars, 0.01):.2f} and takes at most {minutes(questions)} minutes.",
        ]
    )


def ask(
    accounts: Accounts,
    questions: Sequence[Question],
    *,
    directory: Path,
    answers: Path,
    page_file: Path,
    report: Report,
) -> Outcome:
    """Ask, and write the answers and the page after each question.

    Args:
        directory: for the stack and its state. It is kept if something could not be deleted.
    """
    outcome, cleanup = Outcome(), Cleanup(report)
    bench = Bench(accounts, cleanup, report, directory)
    directory.mkdir(parents=True, exist_ok=True)
    try:
        with limited(minutes(questions) * 60):
            for question in questions:
                report(question.question)
                facts = _facts(bench, question, outcome)
                if facts is not None:
                    outcome.answered.append(question.name)
                    _keep(question, facts, accounts, answers=answers, page_file=page_file)
    finally:
        cleanup.clean()
        outcome.left += cleanup.left
        for left in cleanup.left:
            report(f"NOT deleted: {left}")
        if cleanup.left:
            report(f"the stack and its state stay in {directory}: delete the rest by hand, or call again")
        else:
            shutil.rmtree(directory, ignore_errors=True)
    return outcome


def _facts(bench: Bench, question: Question, outcome: Outcome) -> Facts | None:
    """What AWS did; None if it could not be asked, which must not keep the other questions from being asked."""
    try:
        return question.ask(bench)
    except TimeLimitError:
        raise
    except Unanswered as reason:
        outcome.unanswered[question.name] = str(reason)
    except Exception as error:
        outcome.unanswered[question.name] = f"failed: {type(error).__name__}: {error}"
    bench.report(f"  no answer: {outcome.unanswered[question.name]}")
    return None


def _keep(question: Question, facts: Facts, accounts: Accounts, *, answers: Path, page_file: Path) -> None:
    answer = Answer(
        date=f"{datetime.now(UTC):%Y-%m-%d}",
        region="the local cloud" if accounts.is_local else accounts.target.region,
        versions=_versions(),
        facts=_public(facts, accounts),
    )
    known = {**read_answers(answers), question.name: answer}
    write_answers(known, answers)
    page_file.write_text(page(QUESTIONS, known), encoding="utf-8")


def _public(facts: Facts, accounts: Accounts) -> dict[str, Any]:
    """The facts as JSON, with the local cloud's account ids in place of the real ones."""
    text = json.dumps(facts, default=str)
    text = text.replace(accounts.target.account_id, "111111111111").replace(accounts.source.account_id, "222222222222")
    public: dict[str, Any] = json.loads(text)
    return public


@functools.cache
def _versions() -> str:
    terraform = subprocess.run(  # noqa: S603 - the program that deploys
        [program(), "version"],
        env=tool_environment(),
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    match = re.search(r"v([\d.]+)", terraform)
    return f"mapspan {version('mapspan')}, boto3 {version('boto3')}, Terraform {match[1] if match else 'unknown'}"
