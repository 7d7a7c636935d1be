"""What became of one key, as the result files record it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from lambdas.shared.batch_record import BatchRecord
from lambdas.summarize_run.ledger import Status, keys_of_child
from mapspan.results.failed_keys import failed_keys
from mapspan.running.child_failures import error_message

Outcome = Literal["succeeded", "skipped", "failed", "pending", "unknown"]
# In the message of a function that was killed: "RequestId: … Error: Task timed out after 60.00 seconds".
_REQUEST_ID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")


@dataclass(frozen=True, kw_only=True)
class Child:
    """The child execution of a batch: as ResultWriter records it, or as the batch does if it succeeded.

    Args:
        arn: None if it is unknown.
        keys: the number of keys in its batch.
        redrives: None if it is unknown.
        started, stopped: None if it never started, or did not end. If it succeeded, the times of the function's call.
    """

    name: str
    arn: str | None
    status: str
    keys: int
    redrives: int | None
    started: datetime | None
    stopped: datetime | None

    @classmethod
    def of(cls, record: dict[str, Any]) -> Child:
        return cls(
            name=str(record.get("Name", "")),
            arn=str(record.get("ExecutionArn", "")),
            status=str(record.get("Status", "unknown")),
            keys=len(keys_of_child(record)),
            redrives=int(record.get("RedriveCount", 0)),
            started=_time(record.get("StartDate")),
            stopped=_time(record.get("StopDate")),
        )

    @classmethod
    def of_batch(cls, batch: BatchRecord, *, arn: str | None) -> Child:
        return cls(
            name=batch["Child"],
            arn=arn,
            status="SUCCEEDED",
            keys=batch["Keys"],
            redrives=None,
            started=_time(batch["Started"]),
            stopped=_time(batch["Stopped"]),
        )


@dataclass(frozen=True, kw_only=True)
class KeyOutcome:
    """The outcome of a key.

    Args:
        outcome: "unknown" if nothing recorded it.
        error: the error of a failed key.
        cause: its whole cause, a skipped key's reason, or why a key was not tried.
        request_id: the invocation that failed; None if it is unknown.
        result: what the job returned for a key that succeeded.
        child: None if nothing is recorded of the key.
    """

    key: str
    outcome: Outcome
    error: str | None = None
    cause: str = ""
    request_id: str | None = None
    result: dict[str, Any] | None = None
    child: Child | None = None


def outcomes_of_child(record: dict[str, Any], status: Status) -> Iterator[KeyOutcome]:
    """The outcomes of the whole batch of a child that did not succeed. Raises UnknownRecord."""
    child = Child.of(record)
    if status == "PENDING":
        for line in keys_of_child(record):
            yield KeyOutcome(key=line["Key"], outcome="pending", cause="its batch was never tried", child=child)
        return
    request_id = _killed(record.get("Cause") or "")
    for failed in failed_keys(record, status):
        yield KeyOutcome(
            key=failed.key,
            outcome="failed",
            error=failed.error,
            cause=failed.cause,
            request_id=failed.request_id or request_id,
            child=child,
        )


def names_key(record: dict[str, Any], key: str) -> bool:
    """Whether the batch of a child has this key, as the bucket or as an inventory spells it."""
    return any(key in (line.get("Key"), line.get("InventoryKey")) for line in keys_of_child(record))


def outcome_of(record: dict[str, Any]) -> KeyOutcome:
    """The outcome in a line of a batch's results, without its child."""
    key, outcome = str(record.get("Key")), str(record.get("Outcome"))
    match outcome:
        case "Succeeded":
            note = record.get("Note")
            return KeyOutcome(key=key, outcome="succeeded", cause=str(note or ""), result=record.get("Result"))
        case "Skipped":
            return KeyOutcome(key=key, outcome="skipped", cause=str(record.get("Reason", "")))
        case "Failed":
            return KeyOutcome(
                key=key,
                outcome="failed",
                error=str(record.get("Error")),
                cause=str(record.get("Cause", "")),
                request_id=record.get("RequestId"),
            )
    return KeyOutcome(key=key, outcome="pending", cause=str(record.get("Cause", "")))


def _killed(cause: str) -> str | None:
    match = _REQUEST_ID.search(error_message(cause))
    return match[0] if match else None


def _time(text: object) -> datetime | None:
    if not isinstance(text, str):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
