"""How child executions are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.aws.definitions import one_map
from tests.aws.question import Facts, Question

if TYPE_CHECKING:
    from tests.aws.bench import Bench


def ask(bench: Bench) -> Facts:
    outcome = bench.run(one_map(Items=[1, 2, 3], ItemBatcher={"MaxItemsPerBatch": 2}))
    children = [{name: child[name] for name in ("name", "arn")} for child in bench.children(outcome)]
    map_run = outcome.map_run["mapRunArn"] if outcome.map_run else None
    return {**outcome.facts, "map_run": map_run, "children": children}


QUESTION = Question(
    name="child_names",
    question="What are the names and the ARNs of child executions and of a Map Run?",
    assumption="A child is execution:MACHINE/LABEL:UUID, a Map Run mapRun:MACHINE/LABEL:UUID.",
    ask=ask,
)
