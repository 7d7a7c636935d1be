"""The items whose outcome is known without a request: those that are not selected, and archives."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from lambdas.shared.selection import UnknownValue

from .job_call import JobCall
from .outcome import failed, inventory_fields, skipped

if TYPE_CHECKING:
    from lambdas.shared.child_input import Item
    from lambdas.shared.selection import Selector

NOT_SELECTED = "not selected"


def outcome_without_reading(item: Item, selector: Selector) -> JobCall | None:
    """The outcome of an item that need not be read; None for any other."""
    key = item["Key"]
    try:
        if selector and not _selects(selector, item):
            return JobCall(skipped(key, NOT_SELECTED))
    except UnknownValue as error:
        return JobCall({**failed(key, "UnknownValue", str(error)), **inventory_fields(item)}, error)
    if item.get("Archived"):
        cause = "the object was archived when it was listed, and is not restored: restore it, then retry the run"
        return JobCall(failed(key, "ObjectArchived", cause))
    return None


def _selects(selector: Selector, item: Item) -> bool:
    size = item.get("Size", "")
    return selector.selects(
        item["Key"],
        size=None if size == "" else int(size),
        modified=_modified(item),
        storage_class=item.get("StorageClass"),
    )


def _modified(item: Item) -> float | None:
    """An inventory has ISO 8601, a Map that lists objects has seconds since 1970."""
    if text := item.get("LastModifiedDate"):
        return datetime.fromisoformat(text).timestamp()
    return item.get("LastModified")
