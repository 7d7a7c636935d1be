"""Failed keys, each with its whole cause: `mapspan report --json` prints them all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lambdas.process_objects.batch_failure import read_batch_failure
from lambdas.summarize_run.ledger import Status, error_of_child, keys_of_child
from mapspan.running.child_failures import error_message


@dataclass(frozen=True, kw_only=True)
class FailedKey:
    """A key that failed.

    Args:
        request_id: the id of the Lambda invocation that tried it, by which its log lines are found; None if the child
            ended without an answer of the function.
    """

    key: str
    error: str
    cause: str
    request_id: str | None


def failed_keys(record: dict[str, Any], status: Status) -> Iterator[FailedKey]:
    """The failed keys of an outcome, at most one, or of a child that failed, its whole batch.

    Of a batch whose keys all failed, the child keeps an example of each error; the log has the causes of its other
    keys. If they failed with one error, it is known of each key; else those other keys have the error of the child.
    """
    if status == "FAILED":
        yield from _of_child(record)
    elif status == "SUCCEEDED" and record.get("Outcome") == "Failed":
        yield FailedKey(
            key=record["Key"],
            error=record["Error"],
            cause=str(record.get("Cause", "")),
            request_id=record.get("RequestId"),
        )


def _of_child(record: dict[str, Any]) -> Iterator[FailedKey]:
    error, cause = error_of_child(record), record.get("Cause") or ""
    batch_failure = read_batch_failure(error, cause)
    message = batch_failure["Summary"] if batch_failure else error_message(cause)
    examples = {
        entry["Example"]["Key"]: (entry["Error"], entry["Example"]["Cause"])
        for entry in (batch_failure["Errors"] if batch_failure else ())
    }
    lines = keys_of_child(record)
    match batch_failure:
        case {"Errors": [{"Error": only_error, "Keys": keys}]} if keys == len(lines):
            error = only_error
    for line in lines:
        own_error, own_cause = examples.get(line["Key"], (error, message))
        yield FailedKey(key=line["Key"], error=own_error, cause=own_cause, request_id=_request_id(cause))


def _request_id(cause: str) -> str | None:
    """The invocation's id in a function's error: https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html"""
    try:
        request_id = json.loads(cause).get("requestId")
    except (ValueError, AttributeError):
        return None
    return request_id if isinstance(request_id, str) else None
