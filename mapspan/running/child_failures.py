"""The failed keys of an ended child execution."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from lambdas.process_objects.batch_failure import read_batch_failure
from lambdas.shared.batch_record import KeysOfError
from mapspan.outside_text import shorten_middle
from mapspan.running.progress import FailedKeys

_CAUSE_LENGTH = 500  # as much as a failed batch keeps of a cause


def failed_keys(error: str, cause: str, items: int) -> list[FailedKeys]:
    """A failed child's keys by their own errors if its cause has them; else all of them under the child's error."""
    batch_failure = read_batch_failure(error, cause)
    if batch_failure is None:
        return [FailedKeys(error=error, keys=items, key="", cause=_one_line(error_message(cause)))]
    return _by_error(batch_failure["Errors"])


def failed_keys_of_batch(record: Mapping[str, Any]) -> list[FailedKeys]:
    """The failed keys of a child that succeeded, by error, from the record of its batch."""
    return _by_error(record.get("Failures", ()))


def error_message(cause: str) -> str:
    """The message of a function's error; any other cause unchanged."""
    try:
        return str(json.loads(cause).get("errorMessage", cause))
    except (ValueError, AttributeError):
        return cause


def _by_error(errors: Iterable[KeysOfError]) -> list[FailedKeys]:
    return [
        FailedKeys(
            error=entry["Error"],
            keys=entry["Keys"],
            key=entry["Example"]["Key"],
            cause=_one_line(entry["Example"]["Cause"]),
        )
        for entry in errors
    ]


def _one_line(text: str) -> str:
    return shorten_middle(" ".join(text.split()), _CAUSE_LENGTH)
