"""How many keys a second a Map Run processes."""

from __future__ import annotations

from collections import deque

_WINDOW_SECONDS = 60.0


class Pace:
    """Keys a second over the last minute; in the first minute, since the start, when `done` keys were done."""

    def __init__(self, started: float, done: int = 0) -> None:
        self._counts: deque[tuple[float, int]] = deque([(started, done)])

    def rate(self, at: float, done: int) -> float:
        """Record that `done` keys were done at a time, and return the rate. Times are in epoch seconds."""
        self._counts.append((at, done))
        while self._counts[1][0] <= at - _WINDOW_SECONDS and len(self._counts) > 2:
            self._counts.popleft()
        since, done_before = self._counts[0]
        return (done - done_before) / (at - since) if at > since else 0.0
