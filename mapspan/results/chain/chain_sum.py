"""The sum of a chain: the last outcome of every key over all of its runs, each key once.

A retry takes keys that failed or were never tried in the run before it: their new outcomes take the place of the old
ones, so that the ledgers are enough. Only where two retries took the same keys, or a run was redriven after its retry
had started, are the keys read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from mapspan.results.chain.chain_run import ChainRun
from mapspan.results.chain.last_outcomes import RunOutcomes, last_outcomes
from mapspan.results.ledger_text import OUTCOMES
from modules.pipeline.workflow.names import KEY_LISTS


class UnknownSum(Exception):  # noqa: N818 - it is no error: a sum may be unknown
    """The sum can't be known; the text says why, as a part of a sentence."""


@dataclass
class ChainSum:
    """Adds up a chain.

    Args:
        runs: all runs, in the order of their starts; the first is the one that all others retried.
        outcomes: reads each key of a run with its outcome.
        read_by_key: the runs whose keys had to be read, or were read together with others.
    """

    runs: Sequence[ChainRun]
    outcomes: Callable[[ChainRun], Iterable[tuple[str, str]]]
    read_by_key: list[str] = field(default_factory=list)

    def ledger(self) -> dict[str, int]:
        """listed = succeeded + skipped + failed + pending, over all keys of the chain.

        Raises UnknownSum.
        """
        for run in self.runs:
            if run.ledger is None:
                raise UnknownSum(f"{run.name} is still running")
            if run.ledger["listed"] != sum(_outcomes(run).values()):
                raise UnknownSum(f"the ledger of {run.name} does not add up")
        total = self._total(self.runs[0])
        return {"listed": total.total(), **{outcome: total[outcome] for outcome in OUTCOMES}}

    def _total(self, run: ChainRun) -> Counter[str]:
        """The last outcomes of the keys of `run`."""
        retries = self._retries(run)
        taken = [_taken(run, retry) for retry in retries]
        if None in taken:
            return self._by_key([run, *self._after(run)])
        later: Counter[str] = Counter()
        if _overlap(retries):
            later = self._by_key(self._after(run))
            # Each error is taken whole, and so are the keys never tried.
            pending = max(each["pending"] for each in taken if each)
            before = Counter(failed=later.total() - pending, pending=pending)
        else:
            before = Counter()
            for retry, each in zip(retries, taken, strict=True):
                before.update(each)
                later.update(self._total(retry))
        total = _outcomes(run)
        total.subtract(before)
        if min(*total.values(), *before.values()) < 0:
            return self._by_key([run, *self._after(run)])
        total.update(later)
        return total

    def _by_key(self, runs: Sequence[ChainRun]) -> Counter[str]:
        positions = {run.name: position for position, run in enumerate(runs)}
        self.read_by_key += positions
        return last_outcomes(
            [
                RunOutcomes(
                    outcomes=self._all_outcomes(run),
                    ancestors={positions[name] for name in self._ancestors(run) if name in positions},
                )
                for run in runs
            ],
            count=sum(_listed(run) for run in runs),
        )

    def _all_outcomes(self, run: ChainRun) -> Iterator[tuple[str, str]]:
        """Raises UnknownSum if the results don't name every key."""
        count = 0
        for outcome in self.outcomes(run):
            count += 1
            yield outcome
        if count != _listed(run):
            raise UnknownSum(f"the results of {run.name} name {count:,} of its {_listed(run):,} keys")

    def _retries(self, run: ChainRun) -> list[ChainRun]:
        """The runs that retried `run` directly, without those that found no key."""
        return [retry for retry in self.runs if retry.link and retry.link.retry_of == run.name and _listed(retry)]

    def _after(self, run: ChainRun) -> list[ChainRun]:
        """All runs that retried `run`, directly or through others."""
        return [later for later in self.runs if run.name in self._ancestors(later)]

    def _ancestors(self, run: ChainRun) -> list[str]:
        by_name = {each.name: each for each in self.runs}
        names: list[str] = []
        while run.link and run.link.retry_of in by_name:
            run = by_name[run.link.retry_of]
            names.append(run.name)
        return names


def _outcomes(run: ChainRun) -> Counter[str]:
    ledger: Mapping[str, int] = run.ledger or {}
    return Counter({outcome: ledger[outcome] for outcome in OUTCOMES})


def _listed(run: ChainRun) -> int:
    return run.ledger["listed"] if run.ledger else 0


def _taken(run: ChainRun, retry: ChainRun) -> Counter[str] | None:
    """How many of the run's keys the retry took, by their outcome; None if the ledgers don't say it.

    They say it if the run ended before the retry started, and if the retry read a list that `mapspan retry` writes.
    """
    link, outcomes = retry.link, _outcomes(run)
    if link is None or run.stopped is None or retry.started < run.stopped:
        return None
    if not link.key_list.startswith((f"{KEY_LISTS}{run.name}/retry/", f"{KEY_LISTS}{run.name}/retry-")):
        return None
    pending = outcomes["pending"] if link.takes_pending else 0
    failed = _listed(retry) - pending
    most = outcomes["failed"] if link.takes_failed else 0
    least = most if link.errors is None else 0
    return Counter(failed=failed, pending=pending) if least <= failed <= most else None


def _overlap(retries: Sequence[ChainRun]) -> bool:
    """Whether two retries of the same run may have taken the same keys."""
    errors = [retry.link.errors for retry in retries if retry.link]
    names = [name for each in errors for name in each or ()]
    return len(errors) > 1 and (None in errors or len(names) != len(set(names)))
