"""The ledger: listed = succeeded + failed + pending, counted in keys."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal, TypedDict

if TYPE_CHECKING:
    from collections.abc import Iterator

# So that the state machine's output stays small whatever the user's code raises; the rest is counted as Other.
MAX_NAMES = 20
OTHER = "Other"

Status = Literal["SUCCEEDED", "FAILED", "PENDING"]


class Ledger(TypedDict):
    """Keys listed, and what became of them."""

    listed: int
    succeeded: int
    failed: int
    pending: int


class UnknownRecord(Exception):  # noqa: N818 # named as Step Functions shows it
    """ResultWriter's file holds something that is neither a key's outcome nor a child execution."""


class Tally:
    """Adds up records; `add` says which of the record's keys are to be tried again."""

    def __init__(self, ledger: Ledger, failures: dict[str, int]) -> None:
        self.ledger = ledger
        self.failures = failures

    def add(self, record: dict[str, Any], status: Status) -> Iterator[str]:
        """A line of a SUCCEEDED file is one key's outcome; of any other, a child execution with its whole batch.

        Raises UnknownRecord.
        """
        if status == "SUCCEEDED":
            return self._add_outcome(record)
        return self._add_child(record, status)

    def _add_outcome(self, record: dict[str, Any]) -> Iterator[str]:
        match record:
            case {"Key": str(), "Outcome": "Succeeded"}:
                self.ledger["succeeded"] += 1
                return
            case {"Key": str(key), "Outcome": "Failed", "Error": str(error)}:
                self._failed(error, 1)
            case {"Key": str(key), "Outcome": "Pending"}:
                self.ledger["pending"] += 1
            case _:
                raise UnknownRecord(f"no outcome of a key: {json.dumps(record)[:500]}")
        yield key

    def _add_child(self, record: dict[str, Any], status: Status) -> Iterator[str]:
        """https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html"""
        try:
            keys = [item["Key"] for item in json.loads(record["Input"])["Items"]]
        except (KeyError, TypeError, ValueError) as error:
            raise UnknownRecord(f"no child execution with its Input: {json.dumps(record)[:500]}") from error
        if status == "PENDING":
            self.ledger["pending"] += len(keys)
        else:
            # A child that was stopped or timed out has a Status and no Error.
            self._failed(record.get("Error") or record.get("Status") or "Unknown", len(keys))
        yield from keys

    def _failed(self, error: str, keys: int) -> None:
        self.ledger["failed"] += keys
        known = error in self.failures or len(self.failures) < MAX_NAMES - 1
        name = error if known else OTHER
        self.failures[name] = self.failures.get(name, 0) + keys
