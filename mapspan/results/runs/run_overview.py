"""RunOverview: one run of an environment in the few numbers that a list, a trend and a page show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mapspan.running.watch import RUNNING

FAILED_RUNS = ("FAILED", "TIMED_OUT", "ABORTED")


@dataclass(frozen=True, kw_only=True)
class RunOverview:
    """A run, as far as its summary and Step Functions show it.

    Args:
        seconds: how long it took, or has been running.
        redrives: how often it was redriven.
        ledger: listed, succeeded, skipped, failed and pending keys; None while nothing has added them up.
        seen, looked_from, looked_until: what its listing looked at; None in a run without one.
        failures: failed keys by error name; skips: skipped keys by reason.
        usd: what it cost at most; None if that is unknown.
        started_by: an ARN, "schedule", or whatever the run's input says; None if it says nothing.
        error, cause: why it ended without a summary; None for a run that has one.
    """

    environment: str
    name: str
    status: str
    started: datetime
    stopped: datetime | None
    seconds: float
    redrives: int = 0
    ledger: Mapping[str, int] | None = None
    seen: int | None = None
    looked_from: str | None = None
    looked_until: str | None = None
    failures: Mapping[str, int] = field(default_factory=dict)
    skips: Mapping[str, int] = field(default_factory=dict)
    usd: float | None = None
    started_by: str | None = None
    error: str | None = None
    cause: str | None = None

    @property
    def is_running(self) -> bool:
        return self.status in RUNNING

    @property
    def listed(self) -> int | None:
        return None if self.ledger is None else self.ledger["listed"]

    @property
    def processed(self) -> int | None:
        """Keys that are done: succeeded or skipped."""
        return None if self.ledger is None else self.ledger["succeeded"] + self.ledger["skipped"]

    @property
    def left(self) -> int | None:
        """Keys to retry: failed or pending."""
        return None if self.ledger is None else self.ledger["failed"] + self.ledger["pending"]

    @property
    def starter(self) -> str | None:
        """Who started it, as a person reads it: an assumed role with its session, or the name of a user."""
        if self.started_by is None or not self.started_by.startswith("arn:"):
            return self.started_by
        kind, _, name = self.started_by.rpartition(":")[2].partition("/")
        return (name if kind == "assumed-role" else name.rpartition("/")[2]) or kind or self.started_by

    def as_json(self) -> dict[str, Any]:
        return {
            "environment": self.environment,
            "name": self.name,
            "status": self.status,
            "started": self.started.isoformat(timespec="seconds"),
            "stopped": self.stopped.isoformat(timespec="seconds") if self.stopped else None,
            "seconds": round(self.seconds, 3),
            "redriven": self.redrives,
            "seen": self.seen,
            "looked_from": self.looked_from,
            "looked_until": self.looked_until,
            "ledger": self.ledger,
            "failures": self.failures,
            "skips": self.skips,
            "usd": None if self.usd is None else round(self.usd, 6),
            "started_by": self.started_by,
            "error": self.error,
            "cause": self.cause,
        }
