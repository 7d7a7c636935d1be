"""The ledger: listed = succeeded + skipped + failed + pending, counted in keys."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal, NotRequired, TypedDict

from lambdas.shared.child_input import items_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Keeps the state machine's output small, whatever errors and reasons the user's code raises. Further names are counted
# as Other.
MAX_NAMES = 20
OTHER = "Other"

Status = Literal["SUCCEEDED", "FAILED", "PENDING"]


class Ledger(TypedDict):
    """Counts of keys."""

    listed: int
    succeeded: int
    skipped: int
    failed: int
    pending: int


class RetryLine(TypedDict):
    """A line of the key list to retry.

    `InventoryKey`: the key as the inventory has it, if it may stand for another key than `Key`. The retry resolves it
    by the ETag.
    """

    Key: str
    InventoryKey: NotRequired[str]
    ETag: NotRequired[str]


def empty_ledger(listed: int) -> Ledger:
    """The ledger before any outcome is known."""
    return {"listed": listed, "succeeded": 0, "skipped": 0, "failed": 0, "pending": 0}


def recorded_keys(ledger: Ledger) -> int:
    """The keys whose outcome is known: as many as were listed, if the ledger adds up."""
    return ledger["succeeded"] + ledger["skipped"] + ledger["failed"] + ledger["pending"]


class UnknownRecord(Exception):  # noqa: N818 # named as Step Functions shows it
    """A record of ResultWriter's files is neither the outcome of a key nor a child execution."""


class Tally:
    """Adds records to a ledger, to the failures by error name and to the skips by reason.

    `size_bytes`: the size of the objects whose results have a `size`.
    """

    def __init__(self, ledger: Ledger, *, failures: dict[str, int], skips: dict[str, int], size_bytes: int = 0) -> None:
        self.ledger = ledger
        self.failures = failures
        self.skips = skips
        self.size_bytes = size_bytes

    def add(self, record: dict[str, Any], status: Status) -> Iterator[RetryLine]:
        """Count a record and yield those of its keys that are to be retried.

        A record of a SUCCEEDED file is the outcome of one key; any other is a child execution with its whole batch.
        Raises UnknownRecord.
        """
        if status == "SUCCEEDED":
            return self._add_outcome(record)
        return self._add_child(record, status)

    def _add_outcome(self, record: dict[str, Any]) -> Iterator[RetryLine]:
        match record:
            case {"Key": str(), "Outcome": "Succeeded"}:
                self.ledger["succeeded"] += 1
                self.size_bytes += size_of(record) or 0
                return
            case {"Key": str(), "Outcome": "Skipped", "Reason": str(reason)}:
                self.ledger["skipped"] += 1
                _count(self.skips, reason, 1)
                return
            case {"Key": str(), "Outcome": "Failed", "Error": str(error)}:
                self._failed(error, 1)
            case {"Key": str(), "Outcome": "Pending"}:
                self.ledger["pending"] += 1
            case _:
                raise UnknownRecord(f"not the outcome of a key: {json.dumps(record)[:500]}")
        yield _retry_line(record)

    def _add_child(self, record: dict[str, Any], status: Status) -> Iterator[RetryLine]:
        keys = keys_of_child(record)
        if status == "PENDING":
            self.ledger["pending"] += len(keys)
        else:
            self._failed(error_of_child(record), len(keys))
        yield from keys

    def _failed(self, error: str, keys: int) -> None:
        self.ledger["failed"] += keys
        _count(self.failures, error, keys)


def size_of(record: dict[str, Any]) -> int | None:
    """The size of a processed object in bytes; None unless the job's result has a `size`."""
    match record:
        case {"Outcome": "Succeeded", "Result": {"size": int(size)}}:
            return size
    return None


def most_first(counts: Mapping[str, int]) -> dict[str, int]:
    """The counts by name, the largest first."""
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def error_of_child(record: dict[str, Any]) -> str:
    """The name of a failed child's error. A child that was stopped or timed out has a Status and no Error."""
    return str(record.get("Error") or record.get("Status") or "Unknown")


def keys_of_child(record: dict[str, Any]) -> list[RetryLine]:
    """The keys of a child execution's whole batch. Raises UnknownRecord.

    https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html
    """
    try:
        return [_retry_line(item) for item in items_of(json.loads(record["Input"]))]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UnknownRecord(f"not a child execution with its Input: {json.dumps(record)[:500]}") from error


def _count(counts: dict[str, int], name: str, keys: int) -> None:
    """Add keys to the count of `name`, or to that of Other if there are too many names."""
    name = name if name in counts or len(counts) < MAX_NAMES - 1 else OTHER
    counts[name] = counts.get(name, 0) + keys


def _retry_line(item: Mapping[str, Any]) -> RetryLine:
    """A retry takes an object as it is then, so the ETag goes along only to resolve an `InventoryKey`."""
    if "InventoryKey" not in item:
        return {"Key": item["Key"]}
    return {"Key": item["Key"], "InventoryKey": item["InventoryKey"], "ETag": item.get("ETag", "")}
