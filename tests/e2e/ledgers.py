"""What a run's ledger and results are compared with."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mapspan.running.execution import Outcome
    from tests.e2e.conftest import Cloud


def all_succeeded(count: int) -> dict[str, int]:
    return {"listed": count, "succeeded": count, "skipped": 0, "failed": 0, "pending": 0}


def times_in_results(cloud: Cloud, outcome: Outcome) -> Counter[str]:
    """How many results each key has."""
    return Counter(line["Key"] for line in cloud.results(outcome))
