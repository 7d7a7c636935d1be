"""Question: one thing to ask AWS, with what mapspan assumes until it is answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from tests.aws.bench import Bench

# What AWS did, as JSON.
Facts = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Question:
    """One question.

    Args:
        name: its file's name, and its key among the answers.
        asked: always, or only with an option of this name.
        minutes: how long it takes on AWS, at most.
        dollars: what it costs on AWS, at most.
        ask: returns what AWS did. Raises Unanswered.
    """

    name: str
    question: str
    assumption: str
    ask: Callable[[Bench], Facts]
    asked: Literal["always", "dispatch", "inventory"] = "always"
    minutes: int = 1
    dollars: float = 0.01
