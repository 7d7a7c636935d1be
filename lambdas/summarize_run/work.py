"""What the children of a run did, from their records: how many there were, for how long, and when."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypedDict


class Processing(TypedDict):
    """`children`: those that started. `seconds`: of all of them together. `started`, `stopped`: of the first and last.

    Of a child that succeeded, these are the times of the function's last call: earlier tries are not counted.
    """

    children: int
    seconds: float
    started: str | None
    stopped: str | None


class Work:
    """Adds up the times of children, such as 2026-01-31T08:00:00.000Z."""

    def __init__(self, before: Processing | None = None) -> None:
        self.children = before["children"] if before else 0
        self.seconds = before["seconds"] if before else 0.0
        self._started = _time(before["started"]) if before else None
        self._stopped = _time(before["stopped"]) if before else None

    def add(self, started: Any, stopped: Any) -> None:
        """Count a child; one without times, which AWS doesn't promise, counts with none."""
        self.children += 1
        begun, ended = _time(started), _time(stopped)
        if begun is None or ended is None:
            return
        self.seconds += (ended - begun).total_seconds()
        self._started = min(self._started or begun, begun)
        self._stopped = max(self._stopped or ended, ended)

    def so_far(self) -> Processing:
        """What is added up, as JSON holds it."""
        return {
            "children": self.children,
            "seconds": round(self.seconds, 3),
            "started": _text(self._started),
            "stopped": _text(self._stopped),
        }


def _time(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None


def _text(time: datetime | None) -> str | None:
    return time.isoformat(timespec="milliseconds") if time else None
