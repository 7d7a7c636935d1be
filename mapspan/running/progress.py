"""Where an execution stands at one look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class FailedKeys:
    """Keys that failed with one error, and the cause of one of them."""

    error: str
    keys: int
    example: str


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Some of the keys whose children succeeded, and those among them that failed singly."""

    keys: int = 0
    failures: tuple[FailedKeys, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Progress:
    """One look at an execution. Counts are of items (keys); children are counted by their status.

    Args:
        status: the execution's: RUNNING, SUCCEEDED, FAILED, TIMED_OUT, ABORTED.
        phase: starting, listing, processing, adding up, or ended.
        seconds: since the execution started.
        listed: keys so far; None while nothing is known of them.
        succeeded: keys of children that succeeded. Single keys among them may have failed: the ledger tells.
        rate: keys a second over the last minute, or over the whole Map Run once it ended.
        failures: what failed children said, as far as they were looked at.
        sample: what some of the children that succeeded said.
        trouble: why this look is an old one, or what is being tried again.
    """

    status: str
    phase: str
    seconds: float
    map_run_arn: str | None = None
    listed: int | None = None
    pending: int = 0
    running: int = 0
    succeeded: int = 0
    failed: int = 0
    rate: float = 0.0
    children: Mapping[str, int] = field(default_factory=dict)
    failures: tuple[FailedKeys, ...] = ()
    sample: Sample = Sample()
    trouble: str | None = None

    @property
    def ended(self) -> bool:
        return self.phase == "ended"

    @property
    def done(self) -> int:
        return self.succeeded + self.failed

    @property
    def backlog(self) -> int:
        """Keys that are not done."""
        return self.pending + self.running

    @property
    def seconds_left(self) -> float | None:
        """At this rate; None while it can't be told."""
        return self.backlog / self.rate if self.phase == "processing" and self.rate else None

    def as_json(self) -> dict[str, Any]:
        return {
            "event": "progress",
            **asdict(self),
            "rate": round(self.rate, 1),
            "seconds": round(self.seconds, 1),
            "seconds_left": None if self.seconds_left is None else round(self.seconds_left, 1),
            "backlog": self.backlog,
        }
