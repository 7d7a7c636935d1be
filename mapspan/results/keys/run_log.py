"""The log of one run: the function's log group, the run's times, and why lines are missing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from mapspan.deployment import Deployment
from mapspan.results.keys.function_log import FunctionLog
from mapspan.results.keys.key_log import LogSearch
from modules.resource_names import function_name

_CLOCKS = timedelta(minutes=1)  # the function's clock and Step Functions' need not agree


class RunLog:
    """The log of a run. `stopped`: None if it is still running."""

    def __init__(self, deployment: Deployment, name: str, started: datetime, stopped: datetime | None) -> None:
        now = datetime.now(UTC)
        self._name = name
        self._started = started.astimezone(UTC)
        self._ended = stopped.astimezone(UTC) if stopped else now
        group = f"/aws/lambda/{function_name(deployment.environment.prefix, 'process_objects')}"
        self._log = FunctionLog(deployment.logs(), group)
        retention = self._log.retention()
        self.deleted = retention.deleted(self._started, self._ended, now)
        self.exists = retention.exists
        self.group = group

    @property
    def missing(self) -> str:
        """Why a key has no lines in this log, as a sentence."""
        return self.deleted or (
            f"no line of {self.group} names this key: the function logs only keys that failed, and it logs none of a"
            " batch that it was killed in or never got"
        )

    def search(self, advance: Callable[[datetime], object]) -> LogSearch:
        return LogSearch(
            self._log,
            run=self._name,
            started=self._started - _CLOCKS,
            ended=self._ended + _CLOCKS,
            advance=advance,
        )
