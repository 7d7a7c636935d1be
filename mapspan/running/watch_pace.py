"""How fast keys get done."""

from __future__ import annotations

from collections import deque

_WINDOW_SECONDS = 60.0


class Pace:
    """Keys a second over the last minute; until there is one, since the Map Run started."""

    def __init__(self, started: float) -> None:
        self._looks: deque[tuple[float, int]] = deque([(started, 0)])

    def rate(self, at: float, done: int) -> float:
        """Times are epoch seconds."""
        self._looks.append((at, done))
        while self._looks[1][0] <= at - _WINDOW_SECONDS and len(self._looks) > 2:
            self._looks.popleft()
        since, before = self._looks[0]
        return (done - before) / (at - since) if at > since else 0.0
