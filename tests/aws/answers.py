"""What AWS answered so far: `answers.json`, from which docs/verified-on-aws.md is written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ANSWERS = Path(__file__).parent / "answers.json"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What AWS did.

    Args:
        date: the day in UTC, such as 2026-11-20.
        versions: of mapspan, boto3 and Terraform.
        facts: JSON; account ids are replaced.
    """

    date: str
    region: str
    versions: str
    facts: Mapping[str, Any]


def read_answers(file: Path = ANSWERS) -> dict[str, Answer]:
    """The answers by the question's name; empty if the file doesn't exist."""
    if not file.exists():
        return {}
    return {name: Answer(**answer) for name, answer in json.loads(file.read_text(encoding="utf-8")).items()}


def write_answers(answers: Mapping[str, Answer], file: Path = ANSWERS) -> None:
    document = {name: asdict(answer) for name, answer in sorted(answers.items())}
    file.write_text(json.dumps(document, indent=2, ensure_ascii=True) + "\n", encoding="utf-8")
