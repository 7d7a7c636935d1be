"""Whether a run over a replica sees what S3 replicates, as far as an hour allows."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tests.aws.question import Facts, Question
from tests.aws.unanswered import Unanswered

if TYPE_CHECKING:
    from tests.aws.bench import Bench

_OBJECTS = 20
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-time-control.html: most objects take seconds.
_REPLICATION_SECONDS = 15 * 60


def ask(bench: Bench) -> Facts:
    if bench.accounts.is_local:
        raise Unanswered("the local cloud does not replicate objects")
    pipeline = bench.deployed_pipeline("replication")
    pipeline.put({f"2026/replica/a b+c/{number}": b"x" for number in range(_OBJECTS)})
    started, replica, arrived = time.monotonic(), pipeline.environment.replica_bucket, 0
    while arrived < _OBJECTS and time.monotonic() - started < _REPLICATION_SECONDS:
        time.sleep(5)
        arrived = pipeline.s3.list_objects_v2(Bucket=replica)["KeyCount"]
    seconds = round(time.monotonic() - started)
    outcome = pipeline.run({})
    return {
        "objects written": _OBJECTS,
        "objects replicated": arrived,
        "seconds": seconds,
        "run": {"status": outcome.status, "error": outcome.error, "cause": outcome.cause, "ledger": outcome.ledger},
    }


QUESTION = Question(
    name="replication",
    question="How soon are objects replicated to the target account, and does a run process each replica?",
    assumption="Within minutes, and yes.",
    ask=ask,
    minutes=25,
    dollars=0.02,
)
