"""Whether a retry by key processes exactly what failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mapspan.results.finished_run import find_run
from mapspan.running.execution import Execution
from mapspan.running.remainder import write_remainder
from tests.aws.question import Facts, Question

if TYPE_CHECKING:
    from tests.aws.bench import Bench

ONE_IN_TEN_FAILS = """
def process(obj):
    if obj.key.endswith("0"):
        raise ValueError("poisoned")
    return {}
"""


def ask(bench: Bench) -> Facts:
    pipeline = bench.pipeline
    pipeline.put({f"2026/retry/{number:03}": b"x" for number in range(100)})
    with pipeline.job(ONE_IN_TEN_FAILS):
        execution = Execution.start(pipeline.deployment, {"prefixes": ["2026/retry/"]})
        failed = pipeline.finish(execution)
    remainder = write_remainder(pipeline.deployment, find_run(pipeline.deployment, execution.name))
    again = pipeline.run(remainder.run_input)
    return {
        "first": {"status": failed.status, "error": failed.error, "cause": failed.cause, "ledger": failed.ledger},
        "keys to retry": remainder.keys,
        "retry": {"status": again.status, "error": again.error, "ledger": again.ledger},
    }


QUESTION = Question(
    name="retry",
    question="Does a retry process exactly the keys that failed?",
    assumption="Yes: 10 of 100 keys fail, and the retry lists and processes those 10.",
    ask=ask,
    minutes=4,
    dollars=0.02,
)
