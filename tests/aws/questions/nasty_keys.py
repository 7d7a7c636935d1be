"""Whether the pipeline processes keys that break naive code, byte for byte."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from mapspan.local.sample_objects import sample_objects
from tests.aws.question import Facts, Question

if TYPE_CHECKING:
    from tests.aws.bench import Bench


def ask(bench: Bench) -> Facts:
    objects = dict(sample_objects(60, "2026/nasty-keys/"))
    bench.pipeline.put(objects)
    outcome = bench.pipeline.run({"prefixes": ["2026/nasty-keys/"]})
    expected = {key: hashlib.sha256(body).hexdigest() for key, body in objects.items() if not key.endswith("/")}
    results = bench.pipeline.results(outcome) if outcome.results else []
    actual = {line["Key"]: line["Result"]["sha256"] for line in results if "sha256" in (line.get("Result") or {})}
    wrong = sorted(key for key in expected | actual if expected.get(key) != actual.get(key))
    return {
        "status": outcome.status,
        "error": outcome.error,
        "cause": outcome.cause,
        "ledger": outcome.ledger,
        "keys with a wrong result": wrong,
    }


QUESTION = Question(
    name="nasty_keys",
    question="Does a run process nasty keys of another account's bucket byte for byte?",
    assumption="Yes, each of them: 60 keys, 60 succeeded.",
    ask=ask,
    minutes=6,
    dollars=0.02,
)
