"""Widens every statement in every way, and writes what was noticed into docs/mutations.md.

    python -m tests.iam.mutations

It takes some minutes, and exits with 1 if a widening was not noticed.
"""

from __future__ import annotations

import sys

from rich.progress import track

from mapspan.review.iam.simulator import Simulator
from tests.iam.mutations.expectations import expectations
from tests.iam.mutations.table import Row, write
from tests.iam.mutations.trial import trials


def main() -> None:
    rows, missed, tried = [], [], set[str]()
    with Simulator() as simulator:
        for expectation in track(expectations(), description="widening", show_speed=False):
            missed += [one for owner in expectation.owners
                       for one in expectation.surprises(simulator, owner, expectation.accounts)]  # fmt: skip
            done = list(trials(simulator, expectation, tried=tried))
            missed += [one for trial in done for one in trial.missed]
            rows.append(Row.of(expectation.name, done))
    write(rows)
    for line in missed:
        sys.stderr.write(f"not noticed: {line}\n")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
