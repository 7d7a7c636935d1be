"""The table of a run: one row for each key, with what became of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from lambdas.shared.batch_record import BatchRecord
from lambdas.summarize_run.ledger import Status, keys_of_child
from mapspan.results.failed_keys import failed_keys


class KeyRow(NamedTuple):
    """A key of a run.

    Args:
        outcome: succeeded, skipped, failed or pending, as the ledger counts it.
        result: what the job returned; None unless the key succeeded.
        note: FolderMarker or EmptyObject, if a key that succeeded is one.
        reason: why the job skipped it.
        request_id: the id of the Lambda invocation that failed on it.
        child: the name of its child execution.
        child_started, child_stopped: the times of the child, as Step Functions writes them; of the call of the function
            if the child succeeded.
    """

    key: str
    outcome: str
    result: Mapping[str, Any] | None = None
    note: str | None = None
    reason: str | None = None
    error: str | None = None
    cause: str | None = None
    request_id: str | None = None
    child: str | None = None
    child_started: str | None = None
    child_stopped: str | None = None


# The columns that every table has, in this order.
COLUMNS = tuple(name for name in KeyRow._fields if name != "result")


def rows_of(record: dict[str, Any], status: Status, batch: BatchRecord | None = None) -> Iterator[KeyRow]:
    """The rows of the outcome of a key of `batch`, or of a child execution with its whole batch."""
    if batch is not None:
        yield _of_outcome(record, batch)
        return
    child: dict[str, Any] = {
        "child": _text(record, "Name"),
        "child_started": _text(record, "StartDate"),
        "child_stopped": _text(record, "StopDate"),
    }
    if status == "PENDING":
        for line in keys_of_child(record):
            yield KeyRow(line["Key"], "pending", **child)
        return
    for failed in failed_keys(record, status):
        yield KeyRow(
            failed.key,
            "failed",
            error=encodable(failed.error),
            cause=encodable(failed.cause),
            request_id=failed.request_id,
            **child,
        )


def encodable(text: str) -> str:
    r"""The text with half a surrogate pair, which UTF-8 refuses, as `\ud83d`. A cause that was cut may end in one."""
    return text.encode("utf-8", "backslashreplace").decode()


def _of_outcome(outcome: dict[str, Any], batch: BatchRecord) -> KeyRow:
    """Only for an outcome that was checked, so it is a known one."""
    return KeyRow(
        outcome["Key"],
        outcome["Outcome"].lower(),
        outcome.get("Result"),
        outcome.get("Note"),
        _text(outcome, "Reason"),
        _text(outcome, "Error"),
        _text(outcome, "Cause"),
        outcome.get("RequestId"),
        encodable(batch["Child"]) or None,
        encodable(batch["Started"]),
        encodable(batch["Stopped"]),
    )


def _text(record: dict[str, Any], field: str) -> str | None:
    value = record.get(field)
    return None if value is None else encodable(str(value))
