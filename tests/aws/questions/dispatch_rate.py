"""How fast Step Functions starts children: by one Map Run, and by two at once in one account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.aws.definitions import NO_OUTPUT, file_reader, one_map
from tests.aws.question import Facts, Question

if TYPE_CHECKING:
    from tests.aws.bench import Bench, MapOutcome


def ask(bench: Bench) -> Facts:
    facts = {}
    for kind, children in (
        ("EXPRESS", bench.scaled(aws=50_000, local=20)),
        ("STANDARD", bench.scaled(aws=5_000, local=20)),
    ):
        key = f"dispatch/{kind}.jsonl"
        bench.put({key: b"".join(b'{"n": %d}\n' % number for number in range(children))})
        definition = one_map(kind=kind, child=NO_OUTPUT, ItemReader=file_reader(bench.bucket, key))
        alone = bench.run(definition)
        two = [bench.finish(execution) for execution in [bench.start(definition), bench.start(definition)]]
        facts[kind] = {
            "children": children,
            "children a second, one Map Run": children_a_second(alone),
            "children a second, each of two Map Runs": [children_a_second(outcome) for outcome in two],
        }
    return facts


def children_a_second(outcome: MapOutcome) -> float | None:
    """The children of a Map Run by its duration; None if it did not run to its end."""
    map_run = outcome.map_run
    if map_run is None or map_run["status"] != "SUCCEEDED":
        return None
    seconds: float = (map_run["stopDate"] - map_run["startDate"]).total_seconds()
    children: int = map_run["executionCounts"]["total"]
    return round(children / max(seconds, 0.001), 1)


QUESTION = Question(
    name="dispatch_rate",
    question="How many children a second does a Map Run start, and how many do two at once in one account?",
    assumption="At most about 1,000 EXPRESS or 100 STANDARD children a second for each Map Run.",
    ask=ask,
    asked="dispatch",
    minutes=15,
    # 150,000 EXPRESS requests, and 15,000 STANDARD children of two state transitions each.
    dollars=1.20,
)
