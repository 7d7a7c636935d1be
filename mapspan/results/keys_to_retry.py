"""The keys that a run left to retry, each with the name of its error."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lambdas.shared.retry_line import RetryLine, retry_line
from lambdas.summarize_run.ledger import keys_of_child
from mapspan.results.failed_keys import failed_keys
from mapspan.results.run_results import Recorded, ResultFiles, RunResults

# Stands for the error of a key that was never tried.
PENDING = "Pending"


def read_keys_to_retry(files: ResultFiles, add: Callable[[RetryLine, str], None]) -> RunResults:
    """Read all files, in flat memory. `add` is called once with each key to retry and its error, or with PENDING."""
    results = files.add_up()
    for recorded in files.records(left=True):
        for line, error in _left(recorded):
            add(line, error)
    if results.unrecorded and not results.nameless:
        for key in files.unrecorded_keys(results.ledger["listed"]):
            add({"Key": key}, PENDING)
    return results


def _left(recorded: Recorded) -> Iterator[tuple[RetryLine, str]]:
    """The keys of a record that are left, in order."""
    record, status, _ = recorded
    match status:
        case "SUCCEEDED":
            if record["Outcome"] in ("Failed", "Pending"):
                yield retry_line(record), record.get("Error", PENDING)
        case "FAILED":
            yield from zip(keys_of_child(record), (one.error for one in failed_keys(record, status)), strict=True)
        case "PENDING":
            yield from ((line, PENDING) for line in keys_of_child(record))
