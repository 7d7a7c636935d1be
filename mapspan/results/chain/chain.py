"""The chain of a run: the runs before it, the retries after it, and the sum over all of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mapspan.checkout import CommandError
from mapspan.deployment import Deployment
from mapspan.outside_text import visible
from mapspan.results.chain.chain_run import ChainRun
from mapspan.results.chain.chain_search import ChainSearch
from mapspan.results.chain.chain_sum import ChainSum, UnknownSum
from mapspan.results.chain.last_outcomes import key_outcomes
from mapspan.results.finished_run import FinishedRun, find_run
from mapspan.results.ledger_text import ledger_counts, ledger_line
from mapspan.results.run_results import ResultFiles, RunResults
from mapspan.running.recent_history import RecentHistory
from modules.pipeline.workflow.names import VERDICTS


@dataclass(frozen=True, kw_only=True)
class Chain:
    """A run, and those that it retried or that retried it.

    Args:
        runs: in the order of their starts.
        ledger: the last outcome of every key over all runs, each key once; None if it can't be known.
        unknown: why it can't be known.
        read_by_key: the runs of which the ledgers were not enough for the sum.
        note: how far later retries were looked for, if some may be missing.
    """

    runs: list[ChainRun]
    ledger: Mapping[str, int] | None
    unknown: str | None = None
    read_by_key: list[str]
    note: str | None = None

    @property
    def sum_line(self) -> str:
        if self.ledger is None:
            return f"unknown: {self.unknown}"
        return ledger_line(self.ledger)

    def has_taken_over(self, name: str) -> bool:
        """Whether no key is left to retry in this run: all are done, or a later run has all that were left."""
        if self.ledger and not self.ledger["failed"] + self.ledger["pending"]:
            return True
        return any(
            run.link and run.link.retry_of == name and run.link.errors is None
            for run in self.runs
            if run.ledger is None or run.ledger["listed"]
        )

    @property
    def notes(self) -> list[str]:
        """One sentence each, without a capital letter and a full stop."""
        notes = [self.note] if self.note else []
        if self.read_by_key:
            notes.append(
                f"the sum was counted key by key over {', '.join(self.read_by_key)}: two retries took the same keys, or"
                " a run was redriven after a retry of it had started. Then a key that the run has done counts as done"
            )
        return notes

    def as_json(self) -> dict[str, Any]:
        return {
            "runs": [run.as_json() for run in self.runs],
            "ledger": self.ledger,
            "unknown": self.unknown,
            "read_by_key": self.read_by_key,
            "notes": self.notes,
        }


def retried(run: ChainRun) -> str:
    """What the run retried, in words; empty for the first run of a chain."""
    if run.link is None:
        return ""
    errors = "all failed and pending keys" if run.link.errors is None else ", ".join(map(visible, run.link.errors))
    return f"retry of {run.link.retry_of}: {errors}"


def read_chain(deployment: Deployment, run: FinishedRun, results: RunResults) -> Chain | None:
    """The chain of `run`, whose results are `results`. None if it is no retry, and if no retry of it is found."""
    search = ChainSearch(deployment, run)
    if len(search.runs) == 1 and not (search.missing or search.note):
        return None
    reader = _Reader(deployment, run, results)
    chain_sum = ChainSum([], reader.outcomes)
    runs, ledger, unknown = search.runs, None, search.missing
    try:
        runs = chain_sum.runs = [reader.with_ledger(each) for each in search.runs]
        if unknown is None:
            ledger = chain_sum.ledger()
    except UnknownSum as reason:
        unknown = str(reason)
    return Chain(runs=list(runs), ledger=ledger, unknown=unknown, read_by_key=chain_sum.read_by_key, note=search.note)


class _Reader:
    """Reads the ledgers and the keys of a chain's runs. `run` has been read already."""

    def __init__(self, deployment: Deployment, run: FinishedRun, results: RunResults) -> None:
        self._deployment = deployment
        self._finished = {run.name: run}
        self._ledgers: dict[str, Mapping[str, int]] = {run.name: ledger_counts(results.ledger)}

    def with_ledger(self, run: ChainRun) -> ChainRun:
        """The run with its ledger, if it has ended. Raises UnknownSum."""
        if run.stopped is None:
            return run
        if run.name not in self._ledgers:
            try:
                finished = find_run(self._deployment, run.name)
            except CommandError as error:
                raise UnknownSum(str(error)) from error
            self._finished[run.name] = finished
            self._ledgers[run.name] = self._summed_up(finished) or ledger_counts(self._files(run).add_up().ledger)
        ledger, map_run = self._ledgers[run.name], self._finished[run.name].map_run
        if map_run and map_run.items > ledger["listed"]:
            raise UnknownSum(f"the key list of {run.name} is gone")
        return dataclasses.replace(run, ledger=ledger)

    def _summed_up(self, run: FinishedRun) -> Mapping[str, int] | None:
        """The ledger that the run itself has added up; None if it ended before."""
        summary = run.output
        if run.error in VERDICTS:
            summary = RecentHistory.read(self._deployment.step_functions(), run.arn).summary
        return summary.get("ledger")

    def outcomes(self, run: ChainRun) -> Iterable[tuple[str, str]]:
        return key_outcomes(self._files(run), self._ledgers[run.name]["listed"])

    def _files(self, run: ChainRun) -> ResultFiles:
        bucket, owner = self._deployment.runs_bucket, self._deployment.environment.target.account_id
        return ResultFiles(self._deployment.s3(), self._finished[run.name], bucket=bucket, owner=owner)
