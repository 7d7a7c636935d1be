"""One run of a chain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mapspan.results.chain.retry_link import RetryLink


@dataclass(frozen=True, kw_only=True)
class ChainRun:
    """A run that others retried, or that retried another.

    Args:
        stopped: None while it is running.
        link: the run that it retried; None for the first run.
        ledger: what became of its keys; None while it is running.
    """

    name: str
    status: str
    started: datetime
    stopped: datetime | None
    link: RetryLink | None
    ledger: Mapping[str, int] | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "execution": self.name,
            "status": self.status,
            "started": self.started.isoformat(),
            "retry_of": self.link and self.link.retry_of,
            "retry_errors": self.link and self.link.errors,
            "ledger": self.ledger,
        }
