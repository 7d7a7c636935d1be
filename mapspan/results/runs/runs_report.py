"""The report of an environment's last runs: what they did, how that changes, and which failures come back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from mapspan.deployment import Deployment
from mapspan.quantity import format_duration, format_usd
from mapspan.results.ledger_text import OUTCOMES
from mapspan.results.runs.recent_runs import recent_runs
from mapspan.results.runs.run_overview import FAILED_RUNS, RunOverview


@dataclass(frozen=True, kw_only=True)
class RepeatedFailure:
    """Keys that failed with one error. `runs`: in how many runs. `last_run`: the newest of them."""

    error: str
    keys: int
    runs: int
    last_run: RunOverview


@dataclass(frozen=True, kw_only=True)
class Trend:
    """One number of each run that has ended, the oldest first; None where it is unknown."""

    title: str
    values: Sequence[float | None]
    text: Callable[[float], str]

    @property
    def words(self) -> list[str]:
        """`3 to 1,200` and `last 40`; `7 each` if all are the same; `unknown` if none is known."""
        known = [value for value in self.values if value is not None]
        if not known:
            return ["unknown"]
        least, most = self.text(min(known)), self.text(max(known))
        last = "unknown" if self.values[-1] is None else self.text(self.values[-1])
        extent = f"{most} each" if least == most else f"{least} to {most}"
        return [extent] if least == most == last else [extent, f"last {last}"]


@dataclass(frozen=True, kw_only=True)
class RunsReport:
    """The last runs of an environment.

    Args:
        runs: the newest first; those that are running, too.
        local: whether they ran on the local cloud, where nothing costs money.
    """

    environment: str
    runs: Sequence[RunOverview]
    local: bool

    @property
    def ended(self) -> list[RunOverview]:
        """The runs that have ended, the oldest first."""
        return [run for run in reversed(self.runs) if not run.is_running]

    @property
    def statuses(self) -> dict[str, int]:
        """How many runs ended with each status, or are running, the most frequent first."""
        return dict(Counter(run.status for run in self.runs).most_common())

    @property
    def totals(self) -> dict[str, int]:
        """The keys of all runs that have a ledger, by what became of them."""
        ledgers = [run.ledger for run in self.runs if run.ledger is not None]
        return {name: sum(ledger[name] for ledger in ledgers) for name in ("listed", *OUTCOMES)}

    @property
    def usd(self) -> float:
        """What the runs of known cost have cost."""
        return sum(run.usd for run in self.runs if run.usd is not None)

    @property
    def cost_terms(self) -> str:
        """What stands after the sum."""
        priced = sum(run.usd is not None for run in self.runs)
        runs = "" if priced == len(self.runs) else f" for the {priced:,} of {len(self.runs):,} runs whose cost is known"
        return f"at most{', had they run on AWS' if self.local else ''}{runs}"

    @property
    def trends(self) -> list[Trend]:
        def trend(title: str, value: Callable[[RunOverview], float | None], text: Callable[[float], str]) -> Trend:
            return Trend(title=title, values=[value(run) for run in self.ended], text=text)

        def count(keys: float) -> str:
            return f"{keys:,.0f}"

        return [
            trend("processed", lambda run: run.processed, count),
            trend("failed", lambda run: run.left, count),
            trend("took", lambda run: run.seconds, format_duration),
            trend("cost", lambda run: run.usd, format_usd),
        ]

    @property
    def title(self) -> str:
        return f"{self.environment}: the last {'run' if len(self.runs) == 1 else f'{len(self.runs):,} runs'}"

    @property
    def failures(self) -> list[RepeatedFailure]:
        """Failed keys by error name, the most frequent first."""
        by_error: dict[str, list[tuple[int, RunOverview]]] = {}
        for run in self.runs:
            for error, keys in run.failures.items():
                by_error.setdefault(error, []).append((keys, run))
        failures = [
            RepeatedFailure(error=error, keys=sum(keys for keys, _ in runs), runs=len(runs), last_run=runs[0][1])
            for error, runs in by_error.items()
        ]
        return sorted(failures, key=lambda failure: (-failure.keys, failure.error))

    @property
    def next_command(self) -> str | None:
        """The command that shows why the newest unsuccessful run failed; None if the newest run that ended is fine."""
        newest = next((run for run in self.runs if not run.is_running), None)
        if newest is None or (newest.status not in FAILED_RUNS and not newest.left):
            return None
        return f"mapspan report {self.environment} {newest.name}"

    def as_json(self) -> dict[str, Any]:
        return {
            "environment": self.environment,
            "statuses": self.statuses,
            "totals": self.totals,
            "usd": round(self.usd, 6),
            "failures": [
                {
                    "error": failure.error,
                    "keys": failure.keys,
                    "runs": failure.runs,
                    "last_run": failure.last_run.name,
                }
                for failure in self.failures
            ],
            "runs": [run.as_json() for run in self.runs],
        }


def read_runs_report(deployment: Deployment, last: int) -> RunsReport:
    """The report of the last runs, as many as exist: see `recent_runs` for the permissions."""
    return RunsReport(
        environment=deployment.environment.name,
        runs=recent_runs(deployment, last),
        local=deployment.local_cloud_url is not None,
    )
