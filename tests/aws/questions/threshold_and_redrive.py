"""What a redrive repeats after the threshold stopped a Map Run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mapspan.running.execution import Execution
from tests.aws.question import Facts, Question

if TYPE_CHECKING:
    from tests.aws.bench import Bench

BAD_BATCHES_FAIL = """
def process(obj):
    if "/bad/" in obj.key:
        raise ValueError("broken")
    return {"version": 1}
"""
MENDED = """
def process(obj):
    return {"version": 2}
"""


def ask(bench: Bench) -> Facts:
    pipeline, states = bench.pipeline, bench.pipeline.deployment.step_functions()
    # Batches hold 100 keys in order: two whole ones are bad.
    bad = [f"2026/redrive/bad/{number:04}" for number in range(200)]
    good = [f"2026/redrive/good/{number:04}" for number in range(400)]
    pipeline.put(dict.fromkeys([*bad, *good], b"x"))
    with pipeline.job(BAD_BATCHES_FAIL):
        execution = Execution.start(pipeline.deployment, {"prefixes": ["2026/redrive/"]})
        stopped = pipeline.finish(execution)
    counts = states.describe_map_run(mapRunArn=stopped.map_run_arns[0])["itemCounts"] if stopped.map_run_arns else None
    with pipeline.job(MENDED):
        states.redrive_execution(executionArn=execution.arn)
        outcome = pipeline.finish(execution)
    versions = [line["Result"]["version"] for line in pipeline.results(outcome)] if outcome.results else []
    files = pipeline.manifest(outcome)["ResultFiles"] if outcome.results else {}
    return {
        "stopped": {"status": stopped.status, "error": stopped.error, "cause": stopped.cause, "items": counts},
        "redriven": {"status": outcome.status, "error": outcome.error, "ledger": outcome.ledger},
        "the Map Run is the same": outcome.map_run_arns == stopped.map_run_arns,
        "keys processed by the first attempt": versions.count(1),
        "keys processed by the second attempt": versions.count(2),
        "files in the manifest": {status: len(entries) for status, entries in files.items()},
    }


QUESTION = Question(
    name="threshold_and_redrive",
    question="What does a redrive repeat after States.ExceedToleratedFailureThreshold, and which result files count?",
    assumption="Only failed and pending children run again, in the same Map Run. The manifest names the SUCCEEDED files"
    " of all attempts, and FAILED and PENDING files of the last one.",
    ask=ask,
    minutes=8,
    dollars=0.02,
)
