"""Retry: which retrier matches an error, and how long it waits.
https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html#error-handling-retrying-after-an-error
"""

import random
from collections.abc import Callable
from typing import Any

from local_cloud.step_functions.errors import StateFailure, matches

# AWS limits MaxDelaySeconds to less than 31,622,400: a year.
_LONGEST_SECONDS = 31_622_400


class Retries:
    """The retries of one visit of a state. Only the first retrier that matches an error counts it."""

    def __init__(
        self,
        retriers: list[dict[str, Any]],
        jitter: Callable[[float, float], float] = random.uniform,
        *,
        of_task: bool = False,
    ) -> None:
        self._retriers = retriers
        self._of_task = of_task
        self._used = [0] * len(retriers)
        self._jitter = jitter

    @property
    def count(self) -> int:
        """`$states.context.State.RetryCount`"""
        return sum(self._used)

    def delay_seconds(self, failure: StateFailure) -> float | None:
        """How long to wait before the next attempt, or None if there are no attempts left."""
        for index, retrier in enumerate(self._retriers):
            if matches(retrier["ErrorEquals"], failure.error, of_task=self._of_task):
                attempt = self._used[index]
                if attempt >= retrier.get("MaxAttempts", 3):
                    return None
                self._used[index] += 1
                return self._delay(retrier, attempt)
        return None

    def _delay(self, retrier: dict[str, Any], attempt: int) -> float:
        longest = retrier.get("MaxDelaySeconds", _LONGEST_SECONDS)
        delay = min(retrier.get("IntervalSeconds", 1) * retrier.get("BackoffRate", 2.0) ** min(attempt, 99), longest)
        if retrier.get("JitterStrategy") == "FULL":
            return self._jitter(0, delay)
        return float(delay)
