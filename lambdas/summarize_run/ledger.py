"""The ledger: listed = succeeded + failed + pending, counted in keys."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Literal, NotRequired, TypedDict
from urllib.parse import unquote_plus

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


class ToRetry(TypedDict):
    """A line of a key list. `InventoryKey` is the key as an inventory has it, where it may mean another one than `Key`.

    The next try finds out by the ETag.
    """

    Key: str
    InventoryKey: NotRequired[str]
    ETag: NotRequired[str]


class UnknownRecord(Exception):  # noqa: N818 # named as Step Functions shows it
    """ResultWriter's file holds something that is neither a key's outcome nor a child execution."""


class Tally:
    """Adds up records; `add` says which of the record's keys are to be tried again, and what for."""

    def __init__(self, ledger: Ledger, failures: dict[str, int]) -> None:
        self.ledger = ledger
        self.failures = failures

    def add(self, record: dict[str, Any], status: Status) -> Iterator[ToRetry]:
        """A line of a SUCCEEDED file is one key's outcome; of any other, a child execution with its whole batch.

        Raises UnknownRecord.
        """
        if status == "SUCCEEDED":
            return self._add_outcome(record)
        return self._add_child(record, status)

    def _add_outcome(self, record: dict[str, Any]) -> Iterator[ToRetry]:
        match record:
            case {"Key": str(), "Outcome": "Succeeded"}:
                self.ledger["succeeded"] += 1
                return
            case {"Key": str(), "Outcome": "Failed", "Error": str(error)}:
                self._failed(error, 1)
            case {"Key": str(), "Outcome": "Pending"}:
                self.ledger["pending"] += 1
            case _:
                raise UnknownRecord(f"no outcome of a key: {json.dumps(record)[:500]}")
        yield _to_retry(record)

    def _add_child(self, record: dict[str, Any], status: Status) -> Iterator[ToRetry]:
        keys = keys_of_child(record)
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


def keys_of_child(record: dict[str, Any]) -> list[ToRetry]:
    """The keys of a child execution's whole batch. Raises UnknownRecord.

    https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html
    """
    try:
        given = json.loads(record["Input"])
        if (given.get("BatchInput") or {}).get("keys_from") == "inventory":
            return [_of_inventory(item) for item in given["Items"]]
        return [_to_retry(item) for item in given["Items"]]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UnknownRecord(f"no child execution with its Input: {json.dumps(record)[:500]}") from error


def _to_retry(told: dict[str, Any]) -> ToRetry:
    if "InventoryKey" not in told:
        return {"Key": told["Key"]}
    return {"Key": told["Key"], "InventoryKey": told["InventoryKey"], "ETag": told.get("ETag", "")}


def _of_inventory(item: dict[str, Any]) -> ToRetry:
    """As `lambdas/process_objects/inventory.py` takes it; a test holds the two together."""
    key = item["Key"]
    if not re.fullmatch(r"(?:[!-$&-~]|%[0-9A-Fa-f]{2})*", key):
        return {"Key": key}
    try:
        decoded = unquote_plus(key, errors="strict")
    except UnicodeDecodeError:
        return {"Key": key}
    return {"Key": key} if decoded == key else {"Key": decoded, "InventoryKey": key, "ETag": item.get("ETag", "")}
