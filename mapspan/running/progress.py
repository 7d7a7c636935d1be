"""The progress of an execution at one poll."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class FailedKeys:
    """Keys that failed with the same error; `key` and `cause` are those of one of them.

    `key` is empty if the child execution failed without naming one.
    """

    error: str
    keys: int
    key: str
    cause: str


@dataclass(frozen=True, kw_only=True)
class ItemCounts:
    """Items of the Map Runs as Step Functions counts them: an item succeeded if its child execution did."""

    total: int = 0
    pending: int = 0
    running: int = 0
    succeeded: int = 0
    failed: int = 0

    @property
    def ended(self) -> int:
        return self.succeeded + self.failed

    @property
    def backlog(self) -> int:
        """Items that are pending or running."""
        return self.pending + self.running


@dataclass(frozen=True, kw_only=True)
class KeyCounts:
    """Keys of the ended batches that were read, as the ledger will count them.

    Args:
        batches: ended batches whose keys are counted here. All keys of a child that failed count as failed.
        ended_batches: batches that have ended.
        pending: None unless every ended batch was read; then the keys that are not done, or were never tried.
    """

    batches: int = 0
    ended_batches: int = 0
    succeeded: int = 0
    skipped: int = 0
    failed: int = 0
    pending: int | None = None

    @classmethod
    def of(cls, items: ItemCounts, outcomes: Mapping[str, int], *, batches: int, ended_batches: int) -> KeyCounts:
        """Add the keys of failed children to `outcomes`, those of the children that succeeded and were read."""
        succeeded, skipped = outcomes.get("Succeeded", 0), outcomes.get("Skipped", 0)
        failed = items.failed + outcomes.get("Failed", 0)
        # A child may end between two calls of one poll: only equal counts show that the same batches were counted.
        complete = batches == ended_batches and sum(outcomes.values()) == items.succeeded
        return cls(
            batches=batches,
            ended_batches=ended_batches,
            succeeded=succeeded,
            skipped=skipped,
            failed=failed,
            pending=items.total - succeeded - skipped - failed if complete else None,
        )


@dataclass(frozen=True, kw_only=True)
class Progress:
    """The progress of an execution at one poll.

    Args:
        status: the execution's status: RUNNING, SUCCEEDED, FAILED, TIMED_OUT, ABORTED.
        phase: starting, listing, processing, adding up, or ended.
        seconds: since the execution started.
        listed: keys that the listing has found so far, before a Map Run starts; None before the first count.
        keys: as the ledger will count them, as far as is known.
        items: as Step Functions counts them.
        map_run_arns: one; with shards, those that have started.
        rate: items a second over the last minute; over all Map Runs once they have ended.
        children: child executions by status; each processes one batch.
        failures: the failed keys of the ended batches that were read, by error.
        trouble: why this poll failed and shows the state of an earlier one, or which task is being retried.
    """

    status: str
    phase: str
    seconds: float
    map_run_arns: tuple[str, ...] = ()
    listed: int | None = None
    keys: KeyCounts = KeyCounts()
    items: ItemCounts = ItemCounts()
    rate: float = 0.0
    children: Mapping[str, int] = field(default_factory=dict)
    failures: tuple[FailedKeys, ...] = ()
    trouble: str | None = None

    @property
    def ended(self) -> bool:
        return self.phase == "ended"

    @property
    def seconds_left(self) -> float | None:
        """The time left at this rate; None if it is unknown."""
        return self.items.backlog / self.rate if self.phase == "processing" and self.rate else None

    def as_json(self) -> dict[str, Any]:
        return {
            "event": "progress",
            **asdict(self),
            "rate": round(self.rate, 1),
            "seconds": round(self.seconds, 1),
            "seconds_left": None if self.seconds_left is None else round(self.seconds_left, 1),
        }
