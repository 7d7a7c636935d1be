"""The progress of an execution at one poll."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class FailedKeys:
    """Keys that failed with the same error, and the cause of one of them."""

    error: str
    keys: int
    example: str


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Keys of some of the children that succeeded; how many of them were skipped, and why single ones failed."""

    keys: int = 0
    skipped: int = 0
    failures: tuple[FailedKeys, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Progress:
    """The progress of an execution at one poll. Counts are in items (keys), except `children`.

    Args:
        status: the execution's status: RUNNING, SUCCEEDED, FAILED, TIMED_OUT, ABORTED.
        phase: starting, listing, processing, adding up, or ended.
        seconds: since the execution started.
        listed: keys so far; None before the first count.
        succeeded: keys of children that succeeded. Single keys among them may have failed or been skipped: the ledger
            counts those.
        rate: keys a second over the last minute; over the whole Map Run once it has ended.
        children: child executions by status.
        failures: the failed keys of the failed children that were read so far.
        sample: the failed and skipped keys of some of the children that succeeded.
        trouble: why this poll failed and shows the state of an earlier one, or which task is being retried.
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
        """Keys that are pending or running."""
        return self.pending + self.running

    @property
    def seconds_left(self) -> float | None:
        """The time left at this rate; None if it is unknown."""
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
