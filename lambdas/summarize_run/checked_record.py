"""Checks what a batch has recorded: its record, and the outcomes of its keys."""

from __future__ import annotations

import json
from collections import Counter
from operator import itemgetter
from typing import TYPE_CHECKING, Any, cast

from lambdas.shared.batch_record import OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from lambdas.shared.batch_record import BatchRecord

_COUNTS = itemgetter("Keys", *OUTCOMES)
_DETAILS = itemgetter("Failures", "Skips", "Retry", "Results", "Child", "Started", "Stopped")


class UnknownRecord(Exception):  # noqa: N818 # named as Step Functions shows it
    """A record is neither that of a batch nor a child execution, or what a batch has recorded doesn't add up."""


def checked_record(record: dict[str, Any]) -> BatchRecord:
    """The record of a batch. Raises UnknownRecord if it isn't one, or if its counts don't add up."""
    try:
        known = _is_known(record)
    except (KeyError, TypeError, ValueError, AttributeError):
        known = False
    if not known:
        raise UnknownRecord(f"not the record of a batch, or its counts don't add up: {json.dumps(record)[:500]}")
    return cast("BatchRecord", record)


def _is_known(record: dict[str, Any]) -> bool:
    """Written out, because it is most of what adding up costs: there is a record for each batch."""
    keys, succeeded, skipped, failed, pending = _COUNTS(record)
    failures, skips, retry, results, child, started, stopped = _DETAILS(record)
    return (
        type(keys) is type(succeeded) is type(skipped) is type(failed) is type(pending) is int
        and succeeded >= 0
        and skipped >= 0
        and failed >= 0
        and pending >= 0
        and keys == succeeded + skipped + failed + pending
        and type(results["Key"]) is type(results["VersionId"]) is type(child) is type(started) is type(stopped) is str
        and (_add_up([entry["Keys"] for entry in failures], failed) if failures else not failed)
        and (_add_up(skips.values(), skipped) if skips else not skipped)
        and (retry is None or len(retry) == failed + pending)
        and (not failures or all(type(entry["Error"]) is str for entry in failures))
        and (not retry or all(type(line["Key"]) is str for line in retry))
    )


def _add_up(counts: Collection[Any], total: int) -> bool:
    """Whether these are counts of as many keys as `total`."""
    return all(type(count) is int and count > 0 for count in counts) and sum(counts) == total


def checked_outcomes(outcomes: Iterable[dict[str, Any]], record: BatchRecord) -> Iterator[dict[str, Any]]:
    """The outcomes in the results of a batch. Raises UnknownRecord if they are not those that its record counts."""
    counts: Counter[str] = Counter()
    for outcome in outcomes:
        match outcome:
            case (
                {"Key": str(), "Outcome": "Succeeded" | "Pending"}
                | {"Key": str(), "Outcome": "Skipped", "Reason": str()}
                | {"Key": str(), "Outcome": "Failed", "Error": str()}
            ):
                counts[outcome["Outcome"]] += 1
                yield outcome
            case _:
                raise UnknownRecord(f"not the outcome of a key: {json.dumps(outcome)[:500]}")
    if any(counts[outcome] != record[outcome] for outcome in OUTCOMES):
        raise UnknownRecord(
            f"{record['Results']['Key']} has {dict(counts)}, and its record counts"
            f" { {outcome: record[outcome] for outcome in OUTCOMES} }"
        )
