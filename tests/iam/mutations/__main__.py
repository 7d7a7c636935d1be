"""Widens every statement in every way, and writes what was noticed into docs/mutations.md.

    python -m tests.iam.mutations

It takes some minutes, and exits with 1 if a widening was not noticed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

from rich.console import Console
from rich.progress import track

from mapspan.review.iam.simulator import Simulator
from tests.iam.mutations.expectation import Expectation
from tests.iam.mutations.expectations import expectations
from tests.iam.mutations.table import Row, write
from tests.iam.mutations.trial import fingerprint, trials


def _try(task: tuple[Expectation, set[str]]) -> tuple[Row, list[str]]:
    expectation, tried = task
    with Simulator() as simulator:
        missed = [
            surprise
            for owner in expectation.owners
            for surprise in expectation.surprises(simulator, owner, expectation.accounts)
        ]
        done = list(trials(simulator, expectation, tried=tried))
    return Row.of(expectation.name, done), [*missed, *(one for trial in done for one in trial.missed)]


def _tasks() -> Iterator[tuple[Expectation, set[str]]]:
    """Each expectation, and the statements that earlier ones try."""
    tried: set[str] = set()
    for expectation in expectations():
        yield expectation, set(tried)
        tried |= {fingerprint(*one) for one in expectation.accounts.statements() if one[0].owner in expectation.owners}


def main() -> None:
    tasks = list(_tasks())
    with ProcessPoolExecutor() as pool:
        console = Console(stderr=True)
        results = list(track(pool.map(_try, tasks), description="widening", total=len(tasks), console=console))
    write([row for row, _ in results])
    missed = [line for _, lines in results for line in lines]
    for line in missed:
        sys.stderr.write(f"not noticed: {line}\n")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
