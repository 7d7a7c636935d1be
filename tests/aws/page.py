"""docs/verified-on-aws.md: each question, what mapspan assumes, and what AWS did."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from tests.aws.answers import Answer, read_answers
from tests.aws.question import Question
from tests.aws.questions import QUESTIONS

NOT_YET = "not yet"
INTRODUCTION = """\
# Verified on AWS

<!-- Written by `make test-aws`, and by `make docs` from tests/aws/: edit the questions there. -->

AWS does not document everything that mapspan relies on, and all other tests run on the local cloud. `make test-aws`
asks AWS. It needs two profiles with an administrator's permissions, of two accounts that are not in production:

```sh
MAPSPAN_TARGET_PROFILE=sandbox-a MAPSPAN_SOURCE_PROFILE=sandbox-b make test-aws
```

It says first what it creates, what that costs and how long it takes. All names begin with `mapspan-aws-test`. At its
end, also after an error, Ctrl-C or SIGTERM, it deletes what it created, and names what it could not delete.

- `make test-aws ARGS=--dispatch` measures dispatch rates too.
- `make test-aws ARGS=--inventory` asks about an S3 Inventory, whose first delivery takes up to 48 hours: call it again
  two days later. Two buckets stay until then.
- `make test-aws ARGS=--local` asks the local cloud by the same code, and writes its page to a scratch file.
"""


def verified_page() -> str:
    """The page with the answers of AWS so far."""
    return page(QUESTIONS, read_answers())


def page(questions: Sequence[Question], answers: Mapping[str, Answer]) -> str:
    """The whole page, in Markdown."""
    rows = [f"| {question.question} | {_status(answers.get(question.name))} |" for question in questions]
    overview = "\n".join(["## Overview", "", "| question | answered |", "| --- | --- |", *rows, ""])
    sections = ("\n".join(_section(question, answers.get(question.name))) for question in questions)
    return "\n".join([INTRODUCTION, overview, *sections])


def _status(answer: Answer | None) -> str:
    return f"{answer.date}, {answer.region}" if answer else NOT_YET


def _section(question: Question, answer: Answer | None) -> Iterator[str]:
    yield f"## {question.question}"
    yield ""
    yield f"- assumption: {question.assumption}"
    if answer is None:
        yield f"- what AWS did: {NOT_YET}"
        yield ""
        return
    yield f"- asked: {answer.date} in {answer.region}, with {answer.versions}"
    yield "- what AWS did:"
    yield ""
    yield "```json"
    # Escapes, because a file of this page must not contain what only some programs take for the end of a line.
    yield json.dumps(answer.facts, indent=2, ensure_ascii=True)
    yield "```"
    yield ""
