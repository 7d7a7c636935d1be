"""What a changed resource keeps for less time, or no longer guards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mapspan.review.changes.expiration import shorter_expirations
from mapspan.review.changes.placeholder import Placeholder
from mapspan.review.changes.resource_change import ResourceChange
from mapspan.review.marked_words import code, plain


@dataclass(frozen=True)
class Diminished:
    """One thing that is kept for less time or guarded less.

    Args:
        words: what it is, with the figures before and after.
        loses_data: whether data that exists is deleted by it.
    """

    words: str
    loses_data: bool


@dataclass(frozen=True, kw_only=True)
class _Term:
    """An attribute that says how long something is kept.

    Args:
        loses_data: whether what is older than a shorter term is deleted.
        forever: the value that means without end.
    """

    words: str
    unit: str
    loses_data: bool
    forever: int | None = None


_TERMS: Mapping[tuple[str, str], _Term] = {
    ("aws_cloudwatch_log_group", "retention_in_days"): _Term(
        words="logs are kept for", unit="day", loses_data=True, forever=0
    ),
    ("aws_db_instance", "backup_retention_period"): _Term(words="backups are kept for", unit="day", loses_data=True),
    ("aws_docdb_cluster", "backup_retention_period"): _Term(words="backups are kept for", unit="day", loses_data=True),
    ("aws_rds_cluster", "backup_retention_period"): _Term(words="backups are kept for", unit="day", loses_data=True),
    ("aws_kinesis_stream", "retention_period"): _Term(words="records are kept for", unit="hour", loses_data=True),
    ("aws_kms_external_key", "deletion_window_in_days"): _Term(
        words="a deletion of the key waits for", unit="day", loses_data=False
    ),
    ("aws_kms_key", "deletion_window_in_days"): _Term(
        words="a deletion of the key waits for", unit="day", loses_data=False
    ),
    ("aws_secretsmanager_secret", "recovery_window_in_days"): _Term(
        words="a deleted secret can be recovered for", unit="day", loses_data=False
    ),
    ("aws_sqs_queue", "message_retention_seconds"): _Term(
        words="messages are kept for", unit="second", loses_data=True
    ),
}
# Attributes that are turned on or off, of any type: the value that guards less, and what it does.
_GUARDS: Mapping[str, tuple[bool, str]] = {
    "deletion_protection": (False, "it is no longer protected from deletion"),
    "deletion_protection_enabled": (False, "it is no longer protected from deletion"),
    "enable_deletion_protection": (False, "it is no longer protected from deletion"),
    "force_delete": (True, "`force_delete` is turned on: destroying it then deletes all that it holds"),
    "force_destroy": (True, "`force_destroy` is turned on: destroying it then deletes all that it holds"),
    "skip_final_snapshot": (True, "no snapshot is taken any more when it is destroyed"),
}


def diminished(change: ResourceChange, new_buckets: Iterable[str] = ()) -> list[Diminished]:
    """Everything that a change keeps for less time or guards less.

    Args:
        new_buckets: the names of the buckets that the plan creates, which hold nothing yet.
    """
    if change.action == "create" and change.type == "aws_s3_bucket_lifecycle_configuration":
        return list(_lifecycle(change)) if change.value("bucket", "after") not in set(new_buckets) else []
    if change.action == "replace" and change.type in _RULES:
        return list(_READERS[change.type](change))
    if change.action != "update":
        return []
    return [*_terms(change), *_guards(change), *_READERS.get(change.type, _nothing)(change)]


def _terms(change: ResourceChange) -> Iterator[Diminished]:
    for (type_, attribute), term in _TERMS.items():
        before, after = (change.value(attribute, "before"), change.value(attribute, "after"))
        if type_ == change.type and _is_shorter(before, after, term.forever):
            figures = f"{_figure(before, term)} → {_figure(after, term)}"
            unit = "" if after == term.forever or isinstance(after, Placeholder) else f" {term.unit}{_plural(after)}"
            yield Diminished(f"{term.words} {figures}{unit}", term.loses_data)


def _is_shorter(before: Any, after: Any, forever: int | None) -> bool:
    """Whether a term gets shorter; one that the plan doesn't show may."""
    if not isinstance(before, int) or before == after:
        return False
    if isinstance(after, Placeholder):
        return True
    return isinstance(after, int) and after != forever and (before == forever or after < before)


def _figure(value: Any, term: _Term) -> str:
    if isinstance(value, int):
        return "no end" if value == term.forever else f"{value:,}"
    return plain(value)


def _plural(number: Any) -> str:
    return "" if number == 1 else "s"


def _guards(change: ResourceChange) -> Iterator[Diminished]:
    for attribute, (weaker, words) in _GUARDS.items():
        before, after = (change.value(attribute, "before"), change.value(attribute, "after"))
        if after is weaker and before is not weaker and attribute in (change.after or {}):
            yield Diminished(words, loses_data=False)


def _lifecycle(change: ResourceChange) -> Iterator[Diminished]:
    for words in shorter_expirations(change.before or {}, change.after or {}):
        yield Diminished(words, loses_data=True)


def _versioning(change: ResourceChange) -> Iterator[Diminished]:
    before, after = (_first(side, "versioning_configuration").get("status") for side in (change.before, change.after))
    if before == "Enabled" and after != "Enabled":
        words = f"versioning {code(before)} → {code(after)}: overwritten and deleted objects are no longer kept"
        yield Diminished(words, loses_data=False)


def _bucket(change: ResourceChange) -> Iterator[Diminished]:
    yield from _lifecycle(change)
    before, after = (_first(side, "versioning").get("enabled") for side in (change.before, change.after))
    if before is True and after is False:
        words = "versioning is suspended: overwritten and deleted objects are no longer kept"
        yield Diminished(words, loses_data=False)


def _key(change: ResourceChange) -> Iterator[Diminished]:
    if change.value("is_enabled", "before") is True and change.value("is_enabled", "after") is False:
        yield Diminished("the key is disabled: nothing that is encrypted with it can be read", loses_data=False)


def _object_lock(change: ResourceChange) -> Iterator[Diminished]:
    before, after = (_retention_days(side) for side in (change.before, change.after))
    if after < before:
        yield Diminished(f"new objects are locked for {before:,} → {after:,} days", loses_data=False)


def _retention_days(lock: Mapping[str, Any] | None) -> int:
    retention = _first(_first(lock, "rule"), "default_retention")
    days, years = retention.get("days"), retention.get("years")
    return (days if isinstance(days, int) else 0) + 365 * (years if isinstance(years, int) else 0)


def _table(change: ResourceChange) -> Iterator[Diminished]:
    for block, weaker, words, loses_data in (
        ("point_in_time_recovery", False, "earlier states of the table can no longer be restored", True),
        ("ttl", True, "items expire from now on", True),
    ):
        before, after = (_first(side, block).get("enabled") for side in (change.before, change.after))
        if after is weaker and before is not weaker:
            yield Diminished(words, loses_data)


def _nothing(_: ResourceChange) -> Iterator[Diminished]:
    yield from ()


_READERS: Mapping[str, Callable[[ResourceChange], Iterator[Diminished]]] = {
    "aws_dynamodb_table": _table,
    "aws_kms_key": _key,
    "aws_s3_bucket": _bucket,
    "aws_s3_bucket_lifecycle_configuration": _lifecycle,
    "aws_s3_bucket_object_lock_configuration": _object_lock,
    "aws_s3_bucket_versioning": _versioning,
}


# Types that hold no data and decide about that of a bucket.
_RULES = ("aws_s3_bucket_lifecycle_configuration", "aws_s3_bucket_versioning")


def _first(attributes: Mapping[str, Any] | None, block: str) -> Mapping[str, Any]:
    """The first of a nested block's items; empty if the plan doesn't show one."""
    items = (attributes or {}).get(block)
    return items[0] if isinstance(items, list) and items and isinstance(items[0], Mapping) else {}
