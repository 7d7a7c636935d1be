"""One call that asks AWS: which answers it keeps, and what it does when a question fails."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.aws import session
from tests.aws.accounts import Accounts
from tests.aws.answers import Answer, read_answers, write_answers
from tests.aws.bench import Bench
from tests.aws.lifetime import TimeLimitError
from tests.aws.question import Facts, Question
from tests.aws.questions import QUESTIONS
from tests.aws.session import Outcome, ask, minutes, statement
from tests.aws.unanswered import Unanswered

ACCOUNTS = Accounts.of_local_cloud("http://127.0.0.1:1")
EARLIER = Answer(date="2026-11-01", region="eu-west-1", versions="boto3 1", facts={"status": "SUCCEEDED"})


def question(name: str, answer: Any) -> Question:
    def answered(bench: Bench) -> Facts:
        bench.cleanup.later(f"what {name} created", lambda: None)
        if isinstance(answer, BaseException):
            raise answer
        return {"account": answer}

    return Question(name=name, question=f"{name}?", assumption="Yes.", ask=answered)


class Call:
    """One call, and what it printed."""

    def __init__(self, scratch: Path) -> None:
        self.lines: list[str] = []
        self.answers, self.page, self.directory = scratch / "answers.json", scratch / "page.md", scratch / "stack"

    def ask(self, *questions: Question) -> Outcome:
        return ask(
            ACCOUNTS,
            questions,
            directory=self.directory,
            answers=self.answers,
            page_file=self.page,
            report=self.lines.append,
        )


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    monkeypatch.setattr(session, "_versions", lambda: "boto3 2")
    return Call(tmp_path)


def test_a_question_that_fails_does_not_stop_the_others(call: Call) -> None:
    outcome = call.ask(question("first", ValueError("broken")), question("second", 1))
    assert outcome.unanswered == {"first": "failed: ValueError: broken"}
    assert outcome.answered == ["second"]
    assert "deleting what first created" in call.lines


def test_a_question_that_cannot_be_asked_yet_says_why(call: Call) -> None:
    outcome = call.ask(question("inventory_keys", Unanswered("call again in two days")))
    assert outcome.unanswered == {"inventory_keys": "call again in two days"}
    assert not call.answers.exists()


def test_earlier_answers_are_kept(call: Call) -> None:
    write_answers({"denied": EARLIER}, call.answers)
    call.ask(question("retry", 1))
    assert read_answers(call.answers)["denied"] == EARLIER
    assert set(read_answers(call.answers)) == {"denied", "retry"}
    assert "| 2026-11-01, eu-west-1 |" in call.page.read_text(encoding="utf-8")


@pytest.mark.parametrize("end", [KeyboardInterrupt(), SystemExit(143), TimeLimitError("the limit has passed")])
def test_an_interrupted_call_keeps_its_answers_and_deletes_what_it_created(call: Call, end: BaseException) -> None:
    with pytest.raises(type(end)):
        call.ask(question("first", 1), question("second", end), question("third", 1))
    assert set(read_answers(call.answers)) == {"first"}
    assert call.lines[-2:] == ["deleting what second created", "deleting what first created"]


def test_the_stack_and_its_state_stay_if_something_could_not_be_deleted(call: Call) -> None:
    def answered(bench: Bench) -> Facts:
        (call.directory / "terraform.tfstate").write_text("{}")
        bench.cleanup.later("environment aws-test", lambda: 1 / 0)
        return {}

    outcome = call.ask(Question(name="denied", question="?", assumption="Yes.", ask=answered))
    assert outcome.left == ["environment aws-test: division by zero"]
    assert (call.directory / "terraform.tfstate").exists()
    assert str(call.directory) in call.lines[-1]


def test_account_ids_are_not_published(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    target = ACCOUNTS.target.__class__(account_id="345678901234", region="eu-west-1")
    monkeypatch.setattr("tests.unit.aws.test_session.ACCOUNTS", Accounts(**{**vars(ACCOUNTS), "target": target}))
    call.ask(question("denied", "arn:aws:iam::345678901234:role/x"))
    assert read_answers(call.answers)["denied"].facts == {"account": "arn:aws:iam::111111111111:role/x"}


def test_the_statement_says_accounts_cost_and_time() -> None:
    always = [one for one in QUESTIONS if one.asked == "always"]
    text = statement(always, ACCOUNTS)
    assert "account 111111111111 (target) and account 222222222222 (source), in us-east-1" in text
    assert f"takes at most {minutes(always)} minutes" in text
    assert "The two buckets" not in text
    assert "The two buckets of the inventory stay" in statement(QUESTIONS, ACCOUNTS)


def test_measuring_dispatch_rates_costs_less_than_three_dollars() -> None:
    (dispatch,) = (one for one in QUESTIONS if one.asked == "dispatch")
    assert dispatch.dollars < 3
    assert sum(one.dollars for one in QUESTIONS if one.asked == "always") < 1
