"""The failed keys of an ended child execution."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from lambdas.process_objects.batch_failure import read_batch_failure
from mapspan.outside_text import shorten_middle
from mapspan.running.progress import FailedKeys

_CAUSE_LENGTH = 500  # as much as a failed batch keeps of a cause


def failed_keys(error: str, cause: str, items: int) -> list[FailedKeys]:
    """A failed child's keys by their own errors if its cause has them; else all of them under the child's error."""
    batch_failure = read_batch_failure(error, cause)
    if batch_failure is None:
        return [FailedKeys(error=error, keys=items, key="", cause=_one_line(error_message(cause)))]
    return [
        FailedKeys(
            error=entry["Error"],
            keys=entry["Keys"],
            key=entry["Example"]["Key"],
            cause=_one_line(entry["Example"]["Cause"]),
        )
        for entry in batch_failure["Errors"]
    ]


def error_message(cause: str) -> str:
    """The message of a function's error; any other cause unchanged."""
    try:
        return str(json.loads(cause).get("errorMessage", cause))
    except (ValueError, AttributeError):
        return cause


def single_failed_keys(outcomes: Sequence[Mapping[str, Any]]) -> list[FailedKeys]:
    """The failed keys among the outcomes of a child that succeeded."""
    return [
        FailedKeys(error=outcome["Error"], keys=1, key=outcome["Key"], cause=_one_line(outcome["Cause"]))
        for outcome in outcomes
        if outcome.get("Outcome") == "Failed"
    ]


def _one_line(text: str) -> str:
    return shorten_middle(" ".join(text.split()), _CAUSE_LENGTH)
