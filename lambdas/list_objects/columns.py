"""Selects the keys of a page from the columns of its XML, which is three times as fast as object by object."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial, reduce
from itertools import compress
from operator import and_
from typing import TYPE_CHECKING

from .listed_object import CLASS, MODIFIED, SIZE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lambdas.shared.selection import Selector

    from .page import Page

# The length of a time as S3 sends it: 2026-01-31T08:00:00.000Z. Such texts sort by time.
_TIME_LENGTH = 24


class SelectedColumns:
    """The conditions of a selector, as the XML of a page writes the values."""

    def __init__(self, selector: Selector) -> None:
        self._selector = selector
        self._first, self._last = (_text(seconds) for seconds in selector.times)
        classes = selector.storage_classes
        self._classes = None if classes is None else {name.encode() for name in classes}

    def selected(self, page: Page, count: int) -> list[str] | None:
        """The selected of the first `count` keys; None if the page must be read object by object."""
        keys = page.keys[:count]
        if not self._selector:
            return keys
        if self._selector.needs_only_key:
            return [key for key in keys if self._selector.selects_key(key)]
        columns = self._columns(page.contents, len(page.keys))
        if columns is None:
            return None
        return list(filter(self._selector.selects_key, compress(keys, reduce(partial(map, and_), columns))))

    def _columns(self, contents: bytes, count: int) -> list[Sequence[bool]] | None:
        """Whether each object fulfils each condition; None if the columns are not those of the page's keys."""
        columns: list[Sequence[bool]] = []
        if self._selector.needs_size:
            first, last = self._selector.sizes
            columns.append([first <= size <= last for size in map(int, SIZE.findall(contents))])
        if self._selector.needs_time:
            times = MODIFIED.findall(contents)
            if any(len(time) != _TIME_LENGTH for time in times):
                return None
            columns.append([self._first <= time < self._last for time in times])
        if self._classes is not None:
            columns.append([name in self._classes for name in CLASS.findall(contents)])
        return columns if all(len(column) == count for column in columns) else None


def _text(seconds: float) -> bytes:
    """The time as S3 sends it, the next millisecond for a part of one; without an end, a text after or before all."""
    if seconds == float("inf"):
        return b"~"
    if seconds == float("-inf"):
        return b""
    milliseconds = -int(-seconds * 1000 // 1)
    return (
        datetime.fromtimestamp(milliseconds / 1000, UTC)
        .isoformat(timespec="milliseconds")
        .replace("+00:00", "Z")
        .encode()
    )
