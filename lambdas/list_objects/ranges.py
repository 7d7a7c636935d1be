"""The key ranges that are still to be listed. They are split when a thread is idle.

No hints are needed: an idle thread takes over the upper part of the range that seems longest. However good that guess
is, every key belongs to exactly one range at every moment, so it is listed exactly once.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from dataclasses import dataclass, field
from math import inf
from threading import Condition
from typing import TYPE_CHECKING

from .keyspace import KeySpace, Split

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .page import Page

# How many pages may come without keys that count, before ranges are no longer split: a few, and a share of all pages.
# The last page of a range is half empty, and a badly placed split costs a page. Measured: 108 requests for 100,000 keys
# of one folder, where an allowance for each thread cost 179.
_WASTED_PAGES, _WASTED_SHARE = 1, 0.04


@dataclass(eq=False)
class KeyRange:
    """The keys that begin with `prefix`, from after `after` up to and including `until` (None: to the end).

    `page`: the first and last key of its latest page. `split`: where to split what comes after that page; it is None as
    long as that isn't `judged`, and if the range can't be split.
    """

    prefix: str
    after: str = ""
    until: str | None = None
    begun: bool = False
    page: tuple[str, str] | None = field(default=None, repr=False)
    split: Split | None = field(default=None, repr=False)
    judged: bool = field(default=False, repr=False)


class OpenRanges:
    """Hands ranges to `threads` threads, splits them, and knows at every moment which are left to list.

    `take` is called with every page, how many of its keys belong to the range, and the range's prefix: once for each
    page and never with two at a time. So the keys that it has received and the ranges of `left()` never overlap, and
    together they are complete. Once it returns False, nothing is left.

    `room` is how many more keys may be taken. A page that doesn't fit is taken in part, and the listing ends: `full`.
    """

    def __init__(
        self,
        ranges: Iterable[KeyRange],
        *,
        threads: int,
        take: Callable[[Page, int, str], bool],
        room: Callable[[], float] = lambda: inf,
    ) -> None:
        self._waiting = deque(ranges)
        self._listing: list[KeyRange] = []
        self.threads = threads
        self._take_page = take
        self._room = room
        self.space = KeySpace()
        self._wasted = 0.0
        self._draining = False
        self._stopped = self.full = room() <= 0
        self._changed = Condition()
        self.pages = 0

    def next(self, *, wait: bool = True) -> KeyRange | None:
        """A range to list, after waiting for one if necessary; None once nothing is left or the listing is to end."""
        with self._changed:
            while not (self._draining or self._stopped):
                if taken := self._waiting.popleft() if self._waiting else self._split():
                    taken.begun = True
                    self._listing.append(taken)
                    # Another idle thread may find work too.
                    self._changed.notify()
                    return taken
                if not self._listing or not wait:
                    break
                self._changed.wait()
            self._changed.notify_all()
            return None

    def advance(self, key_range: KeyRange, page: Page) -> bool:
        """Take the keys of a page of `key_range`; True if the range has more.

        Keys past the range's end are dropped: the end may have moved down since the page was requested.
        """
        with self._changed:
            if self._stopped:
                return False
            received = count = len(page.keys)
            more = page.token is not None
            if key_range.until is not None and count and page.keys[-1] >= key_range.until:
                count, more = bisect_right(page.keys, key_range.until), False
            self.pages += 1
            self._wasted += 1 - count / received if received else 1
            if (room := self._room()) < count:
                count, more, self.full = int(room), True, True
            if count:
                self._take(key_range, page, count)
            if self.full or self._room() <= 0:
                self._stopped = self.full = True
            if not more and key_range in self._listing:
                self._listing.remove(key_range)
            self._changed.notify()
            return more and not self._stopped

    def drain(self) -> None:
        """Hand out no more ranges; still take the pages that are already requested."""
        with self._changed:
            self._draining = True
            self._changed.notify_all()

    def stop(self) -> None:
        """Take no more pages, not even those that are already requested."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def left(self) -> list[KeyRange]:
        """The ranges that are not listed yet, the begun ones first."""
        with self._changed:
            return [*self._listing, *self._waiting]

    def _take(self, key_range: KeyRange, page: Page, count: int) -> None:
        first, last = page.keys[0], page.keys[count - 1]
        if not self._take_page(page, count, key_range.prefix):
            self._waiting.clear()
            self._listing.clear()
            self._stopped = True
        self.space.learn((first, last))
        key_range.after, key_range.page, key_range.judged = last, (first, last), False

    def _split(self) -> KeyRange | None:
        """Cut the upper part off the range that seems longest, and return it."""
        best, owner, pages_left = None, None, 0.0
        for candidate in self._listing:
            if candidate.page and not candidate.judged:
                candidate.judged = True
                candidate.split = self.space.split(prefix=candidate.prefix, page=candidate.page, until=candidate.until)
            split = candidate.split
            pages_left += (split and split.pages) or 0.0
            if split and (best is None or (split.pages or 0.0) > (best.pages or 0.0)):
                best, owner = split, candidate
        if best is None or owner is None:
            return None
        # The last page of a range is half empty on average.
        wasted = self._wasted + 0.5 * len(self._listing)
        if wasted > _WASTED_PAGES + _WASTED_SHARE * (self.pages + pages_left):
            return None
        upper = KeyRange(owner.prefix, best.at, owner.until)
        owner.until, owner.judged = best.at, False
        return upper
