"""The rate at which a batch starts objects."""

from __future__ import annotations

import time
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Pace:
    """Keeps the starts of a worker at least `interval_seconds` apart, on whatever thread they are.

    A child execution begins when another one has ended. So `rest` waits after the last start too: else the first start
    of the next child could follow it at once, and the run would exceed its rate.
    """

    def __init__(
        self,
        interval_seconds: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._interval = interval_seconds
        self._clock = clock
        self._sleep = sleep
        self._next: float | None = None
        self._lock = Lock()

    def start(self) -> None:
        """Return when an object may be started."""
        with self._lock:
            self.rest()
            self._next = self._clock() + self._interval

    def rest(self) -> None:
        """Return when the next object could be started."""
        while self._next is not None and (left := self._next - self._clock()) > 0:
            self._sleep(left)
