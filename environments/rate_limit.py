"""How the child executions of a run keep to job.objects_per_second together."""

from __future__ import annotations

import math
from dataclasses import dataclass

# A batch waits at most this long, so that the objects of a short run reach all child executions; and at most half of
# its timeout, whose other half is for the objects themselves.
LONGEST_WAIT_SECONDS = 10
# The concurrency is lowered until the children, each with a whole number of objects per second, use this share of the
# rate: 40 children at 50 objects per second would start 40, and 25 children start 50.
LEAST_SHARE = 0.9


@dataclass(frozen=True, kw_only=True)
class RateLimit:
    """Children that keep to a number of objects per second together.

    Args:
        interval_seconds: the least time between two starts in one child; it is waited after the last one too, for the
            sake of the next child. Rounded up to a microsecond.
    """

    max_concurrency: int
    max_items_per_batch: int
    interval_seconds: float


def rate_limit(
    objects_per_second: int, *, max_concurrency: int, max_items_per_batch: int, timeout_seconds: int
) -> RateLimit | None:
    """The highest concurrency, and the largest batches, with which a run keeps to the rate.

    None if not even a batch of one object fits its timeout.
    """
    wait_seconds = min(LONGEST_WAIT_SECONDS, timeout_seconds / 2)
    for concurrency in range(min(max_concurrency, objects_per_second), 0, -1):
        per_child = objects_per_second // concurrency
        items = min(max_items_per_batch, math.floor(per_child * wait_seconds))
        if items >= 1 and concurrency * per_child >= LEAST_SHARE * objects_per_second:
            return RateLimit(
                max_concurrency=concurrency,
                max_items_per_batch=items,
                interval_seconds=math.ceil(1_000_000 / per_child) / 1_000_000,
            )
    return None
