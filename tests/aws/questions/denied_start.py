"""How a Map fails whose role may not start children."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.aws.definitions import one_map
from tests.aws.question import Facts, Question

if TYPE_CHECKING:
    from tests.aws.bench import Bench


def ask(bench: Bench) -> Facts:
    definition = one_map(Items=[1, 2])
    return bench.run(definition, role=bench.role_without_start).facts


QUESTION = Question(
    name="denied_start",
    question="How does a Map fail whose role lacks states:StartExecution?",
    assumption="The execution fails, and its cause names states:StartExecution and the state machine.",
    ask=ask,
)
