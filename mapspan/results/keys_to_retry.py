"""The keys that a run left to retry, each with the name of its error."""

from __future__ import annotations

from collections.abc import Callable

from lambdas.summarize_run.ledger import RetryLine
from mapspan.checkout import CommandError
from mapspan.results.run_results import ResultFiles, RunResults

# Stands for the error of a key that was never tried.
PENDING = "Pending"


def read_keys_to_retry(files: ResultFiles, add: Callable[[RetryLine, str], None]) -> RunResults:
    """Read all files, in flat memory. `add` is called once with each key to retry and its error, or with PENDING.

    Two readers go through the same files in step: one has the lines of a retry list, the other the errors.

    Raises:
        CommandError: the two disagree, because the files changed while they were read.
    """
    failed_keys = files.failed_keys()
    failed = next(failed_keys, None)

    def take(line: RetryLine) -> None:
        nonlocal failed
        if failed is not None and failed.key == line["Key"]:
            add(line, failed.error)
            failed = next(failed_keys, None)
        else:
            add(line, PENDING)

    results = files.read(take)
    if failed is not None:
        raise CommandError("the results changed while they were read: try again")
    return results
