"""The record of a batch: what a child execution returns if it succeeded, and where the results of its keys are.

The results are one object of the runs bucket, gzip-compressed JSON Lines with the outcome of one key in each line. An
attempt that timed out may have written an object too, so only the objects that records name count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypedDict

if TYPE_CHECKING:
    from .retry_line import RetryLine

# As in modules/pipeline/workflow/names.py, which a function's package doesn't hold: a test compares the two.
RESULTS: Final = "results/"
# zlib's number for its largest window and gzip's header.
GZIP: Final = 31
OUTCOMES: Final = ("Succeeded", "Skipped", "Failed", "Pending")


class Example(TypedDict):
    """One of the keys, and the cause of its failure, which may be shortened to 500 bytes of JSON."""

    Key: str
    Cause: str


class KeysOfError(TypedDict):
    """`Keys`: how many keys of the batch failed with `Error`."""

    Error: str
    Keys: int
    Example: Example


class ResultsObject(TypedDict):
    """The object of the runs bucket with the results. `VersionId`: "null" in a bucket without versions, as S3 says."""

    Key: str
    VersionId: str


class BatchRecord(TypedDict):
    """Keys = Succeeded + Skipped + Failed + Pending.

    `Failures`, by error, and `Skips`, the keys by reason: each at most 20 names, the most frequent first. `Retry`: the
    failed and pending keys; null if they don't fit, so that only the results have them. `Child`: the name of the child
    execution, empty if the function was called by something else. `Started`, `Stopped`: when the function began and
    ended its work, such as 2026-01-31T08:00:00.000Z.
    """

    Keys: int
    Succeeded: int
    Skipped: int
    Failed: int
    Pending: int
    Failures: list[KeysOfError]
    Skips: dict[str, int]
    Retry: list[RetryLine] | None
    Results: ResultsObject
    Child: str
    Started: str
    Stopped: str


def results_key(*, run: str, child: str, request_id: str) -> str:
    """The key of the results of one attempt: Lambda gives each attempt an id of its own."""
    return f"{RESULTS}{run}/{'.'.join(filter(None, (child, request_id)))}.jsonl.gz"
