"""How a run fails that the source account denies."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tests.aws.question import Facts, Question

if TYPE_CHECKING:
    from tests.aws.bench import Bench

# S3's policies work everywhere only after some seconds.
_POLICY_SECONDS = 20


def ask(bench: Bench) -> Facts:
    bench.pipeline.put({"2026/denied/1": b"x"})
    with bench.pipeline.without_bucket_policy():
        time.sleep(bench.scaled(aws=_POLICY_SECONDS, local=0))
        outcome = bench.pipeline.run({"prefixes": ["2026/denied/"]})
    time.sleep(bench.scaled(aws=_POLICY_SECONDS, local=0))
    return {"status": outcome.status, "error": outcome.error, "cause": outcome.cause}


QUESTION = Question(
    name="denied",
    question="How does a run fail if the source bucket's policy lets nobody in?",
    assumption="It fails with AccessDenied: never an empty key list and a successful run.",
    ask=ask,
    minutes=3,
)
