"""docs/verified-on-aws.md: "not yet" for each question, until AWS was asked."""

from __future__ import annotations

import json

from tests.aws.answers import Answer, read_answers
from tests.aws.page import NOT_YET, page
from tests.aws.questions import QUESTIONS

ANSWER = Answer(
    date="2026-11-20", region="eu-west-1", versions="boto3 1.43", facts={"status": "FAILED", "key": "a\u2028b"}
)


def test_every_question_without_an_answer_is_not_verified_yet() -> None:
    text = page(QUESTIONS, {})
    assert text.count(f"- what AWS did: {NOT_YET}") == len(QUESTIONS)
    for question in QUESTIONS:
        assert f"| {question.question} | {NOT_YET} |" in text
        assert f"## {question.question}\n\n- assumption: {question.assumption}\n" in text


def test_an_answer_has_its_date_region_versions_and_what_aws_did() -> None:
    question = QUESTIONS[0]
    text = page(QUESTIONS, {question.name: ANSWER})
    assert f"| {question.question} | 2026-11-20, eu-west-1 |" in text
    section = text.partition(f"## {question.question}\n")[2].partition("\n## ")[0]
    assert "- asked: 2026-11-20 in eu-west-1, with boto3 1.43" in section
    block = section.partition("```json\n")[2].partition("```")[0]
    assert json.loads(block) == ANSWER.facts
    assert "\u2028" not in text


def test_every_name_is_one_questions_and_its_files() -> None:
    names = [question.name for question in QUESTIONS]
    assert len(set(names)) == len(names)
    assert names == [question.ask.__module__.rpartition(".")[2] for question in QUESTIONS]
    assert set(read_answers()) <= set(names)
