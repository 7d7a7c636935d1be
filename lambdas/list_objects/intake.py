"""Decides which objects of each page enter the key list, and with which line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

from .columns import SelectedColumns
from .lines import key_lines, lines_as_listed, lines_as_read

if TYPE_CHECKING:
    from lambdas.shared.selection import Selector

    from .listed_object import ListedObject
    from .page import Page
    from .parts import PartWriter

Entry = TypeVar("Entry")


class Changes(Protocol):
    """What an incremental listing knows of earlier runs."""

    def is_new(self, listed: ListedObject, prefix: str) -> bool:
        """Whether no earlier run has processed the object as it is now. Remembers the object, so call it once for each.

        `prefix`: the one below which it was listed.
        """


class Intake:
    """Writes what is selected of each page to the key list.

    `changes`: None if all selected objects are listed. `limit`: the most keys that enter the key list; None for all.
    Not thread-safe: the caller holds a lock.
    """

    def __init__(
        self, writer: PartWriter, *, selector: Selector, changes: Changes | None = None, limit: int | None = None
    ) -> None:
        self._writer = writer
        self._selector = selector
        self._changes = changes
        self.limit = limit
        self._columns = SelectedColumns(selector)
        self.seen = 0

    @property
    def full(self) -> bool:
        """Whether the limit is reached."""
        return self.limit == 0

    def take(self, page: Page, count: int, prefix: str) -> bool:
        """Take the first `count` objects of a page that was listed below `prefix`. False once the limit is reached."""
        self.seen += count
        keys = None if self._changes or page.has_archive else self._columns.selected(page, count)
        if keys is None:
            self._take_objects(page.objects()[:count], prefix)
        else:
            self._writer.append(self._within_limit(keys), key_lines)
        return not self.full

    def _take_objects(self, listed: list[ListedObject], prefix: str) -> None:
        if self._selector:
            listed = [one for one in listed if self._selects(one)]
        if self._changes is None:
            self._writer.append(self._within_limit(listed), lines_as_read)
        else:
            new = [one for one in listed if self._changes.is_new(one, prefix)]
            self._writer.append(self._within_limit(new), lines_as_listed)

    def _selects(self, one: ListedObject) -> bool:
        return self._selector.selects(one.key, size=one.size, modified=one.modified, storage_class=one.storage_class)

    def _within_limit(self, entries: list[Entry]) -> list[Entry]:
        if self.limit is None:
            return entries
        entries = entries[: self.limit]
        self.limit -= len(entries)
        return entries
