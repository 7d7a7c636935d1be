"""The ledger: listed = succeeded + skipped + failed + pending, counted in keys."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from lambdas.shared.child_input import items_of
from lambdas.shared.name_counts import add_count
from lambdas.shared.retry_line import retry_line

from .checked_record import UnknownRecord, checked_record
from .work import Work

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lambdas.shared.batch_record import BatchRecord
    from lambdas.shared.retry_line import RetryLine

Status = Literal["SUCCEEDED", "FAILED", "PENDING"]


class Ledger(TypedDict):
    """Counts of keys."""

    listed: int
    succeeded: int
    skipped: int
    failed: int
    pending: int


def empty_ledger(listed: int) -> Ledger:
    """The ledger before any outcome is known."""
    return {"listed": listed, "succeeded": 0, "skipped": 0, "failed": 0, "pending": 0}


def recorded_keys(ledger: Ledger) -> int:
    """The keys whose outcome is known: as many as were listed, if the ledger adds up."""
    return ledger["succeeded"] + ledger["skipped"] + ledger["failed"] + ledger["pending"]


class Tally:
    """Adds records to a ledger, to the failures by error name and to the skips by reason.

    `read_retry`: reads the keys to retry from the results of a batch whose record has no room for them.
    `work`: what the children did, as far as it is added up already.
    """

    def __init__(
        self,
        ledger: Ledger,
        *,
        failures: dict[str, int],
        skips: dict[str, int],
        read_retry: Callable[[BatchRecord], Iterable[RetryLine]],
        work: Work | None = None,
    ) -> None:
        self.ledger = ledger
        self.failures = failures
        self.skips = skips
        self.work = work or Work()
        self._read_retry = read_retry

    def add(self, record: dict[str, Any], status: Status) -> Iterable[RetryLine]:
        """Count a record, and return those of its keys that are to be retried.

        A record of a SUCCEEDED file is that of a batch; any other is a child execution with its input.
        Raises UnknownRecord.
        """
        if status == "SUCCEEDED":
            return self._add_batch(checked_record(record))
        return self._add_child(record, status)

    def _add_batch(self, record: BatchRecord) -> Iterable[RetryLine]:
        ledger = self.ledger
        self.work.add(record["Started"], record["Stopped"])
        ledger["succeeded"] += record["Succeeded"]
        ledger["skipped"] += record["Skipped"]
        ledger["failed"] += record["Failed"]
        ledger["pending"] += record["Pending"]
        for entry in record["Failures"]:
            add_count(self.failures, entry["Error"], entry["Keys"])
        for reason, keys in record["Skips"].items():
            add_count(self.skips, reason, keys)
        retry = record["Retry"]
        return self._read_retry(record) if retry is None else retry

    def _add_child(self, record: dict[str, Any], status: Status) -> Iterable[RetryLine]:
        keys = keys_of_child(record)
        if status == "PENDING":
            self.ledger["pending"] += len(keys)
        else:
            self.work.add(record.get("StartDate"), record.get("StopDate"))
            self.ledger["failed"] += len(keys)
            add_count(self.failures, error_of_child(record), len(keys))
        return keys


def error_of_child(record: dict[str, Any]) -> str:
    """The name of a failed child's error. A child that was stopped or timed out has a Status and no Error."""
    return str(record.get("Error") or record.get("Status") or "Unknown")


def keys_of_child(record: dict[str, Any]) -> list[RetryLine]:
    """The keys of a child execution's whole batch. Raises UnknownRecord.

    https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html
    """
    try:
        return [retry_line(item) for item in items_of(json.loads(record["Input"]))]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UnknownRecord(f"not a child execution with its Input: {json.dumps(record)[:500]}") from error
