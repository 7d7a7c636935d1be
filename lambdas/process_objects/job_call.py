"""Calls the job for one object, and says what became of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from lambdas.job.failures import ObjectFailure
from lambdas.job.skip import Skip
from lambdas.job.source_object import SourceObject

from .outcome import failed, skipped

if TYPE_CHECKING:
    from .outcome import Outcome, Succeeded

Process = Callable[[SourceObject], Mapping[str, object] | None]


class JobCall(NamedTuple):
    """The outcome of one object. `raised`: the exception behind a failure."""

    outcome: Outcome
    raised: BaseException | None = None


def call_job(process: Process, source_object: SourceObject) -> JobCall:
    """Call `process`, and clean up after it. A failed read or write decides the outcome, whatever the job made of it.

    A folder marker is not processed: an empty object whose key ends with "/".
    """
    attempt = source_object._attempt
    key = source_object.key
    with attempt:
        try:
            if key.endswith("/") and source_object._reads.head()["ContentLength"] == 0:
                return JobCall({"Key": key, "Outcome": "Succeeded", "Result": {}, "Note": "FolderMarker"})
            call = _called(process, source_object)
        except ObjectFailure as failure:
            return of_failure(key, failure)
    return of_failure(key, attempt.failure) if attempt.failure else call


def of_failure(key: str, failure: ObjectFailure) -> JobCall:
    return JobCall(failed(key, failure.error, str(failure)), failure)


def _called(process: Process, source_object: SourceObject) -> JobCall:
    key = source_object.key
    try:
        outcome: Succeeded = {"Key": key, "Outcome": "Succeeded", "Result": _plain(process(source_object))}
    except Skip as skip:
        return JobCall(skipped(key, str(skip)))
    # The user's code may raise anything, even SystemExit: if a thread ended on it, its keys would be lost.
    except BaseException as raised:
        return JobCall(failed(key, "ProcessorFailed", f"{type(raised).__name__}: {raised}"), raised)
    if source_object._reads.size == 0:
        outcome["Note"] = "EmptyObject"
    return JobCall(outcome)


def _plain(result: object) -> dict[str, Any]:
    """The job's result as the JSON object it will be. Raises TypeError or ValueError if it can't be one."""
    if result is None:
        return {}
    if not isinstance(result, Mapping):
        raise TypeError(f"process returned {type(result).__name__}, neither a mapping nor None")
    # As deep as it will be in an outcome, so that what is too deep raises here.
    text = json.dumps({"Result": dict(result)}, ensure_ascii=False, allow_nan=False)
    text.encode()  # raises for a lone surrogate
    plain: dict[str, Any] = json.loads(text)["Result"]
    return plain
