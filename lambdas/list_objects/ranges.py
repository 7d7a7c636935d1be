"""The key ranges still to be listed: they split themselves when a thread is idle.

No hints are needed: an idle thread takes over the upper half of what is left of the range that seems longest.
Whatever the guess, every key belongs to exactly one range at every moment, so each is listed exactly once.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from dataclasses import dataclass, field
from threading import Condition
from typing import TYPE_CHECKING

from .keyspace import KeySpace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# A range expected to hold fewer pages than this isn't worth a request of its own.
_WORTH_SPLITTING_PAGES = 2.0


@dataclass(eq=False)
class KeyRange:
    """The keys that begin with `prefix`, lie after `after` and up to and including `until` (None: to the end)."""

    prefix: str
    after: str = ""
    until: str | None = None
    begun: bool = False
    page: tuple[str, str] | None = field(default=None, repr=False)


class OpenRanges:
    """Hands ranges to threads, splits them, and knows at every moment what is left to list.

    `take_keys` receives the keys of every page, once each, under the lock: what it was given and what `left()`
    says never disagree.
    """

    def __init__(
        self,
        ranges: Iterable[KeyRange],
        *,
        take_keys: Callable[[list[str]], None],
        limit: int | None = None,
        may_split: bool = True,
    ) -> None:
        self._waiting = deque(ranges)
        self._listing: list[KeyRange] = []
        self._take_keys = take_keys
        self._limit = limit
        self._may_split = may_split
        self._space = KeySpace()
        self._draining = False
        self._stopped = False
        self._changed = Condition()

    def next(self) -> KeyRange | None:
        """A range to list, waiting for one if need be; None once nothing is left or the listing is to end."""
        with self._changed:
            while not (self._draining or self._stopped):
                if taken := self._waiting.popleft() if self._waiting else self._split():
                    taken.begun = True
                    self._listing.append(taken)
                    return taken
                if not self._listing:
                    return None
                self._changed.wait()
            return None

    def advance(self, listed: KeyRange, keys: list[str], *, more: bool) -> bool:
        """Take the keys of a page that `listed` asked for; True if the range goes on.

        Keys past the range's end are dropped: the end may have moved down while the page was under way.
        """
        with self._changed:
            if self._stopped:
                return False
            if listed.until is not None and keys and keys[-1] >= listed.until:
                keys, more = keys[: bisect_right(keys, listed.until)], False
            if self._limit is not None and len(keys) >= self._limit:
                keys = keys[: self._limit]
                self._finish_all()
            if keys:
                self._take_keys(keys)
                self._space.learn((keys[0], keys[len(keys) // 2], keys[-1]))
                listed.after, listed.page = keys[-1], (keys[0], keys[-1])
                self._limit = self._limit and self._limit - len(keys)
            if not more and listed in self._listing:
                self._listing.remove(listed)
            self._changed.notify_all()
            return more and not self._stopped

    def drain(self) -> None:
        """Hand out no more ranges; pages under way are still taken."""
        with self._changed:
            self._draining = True
            self._changed.notify_all()

    def stop(self) -> None:
        """Take no more pages, not even those under way."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def left(self) -> list[KeyRange]:
        """What is not listed yet, those begun first."""
        with self._changed:
            return [*self._listing, *self._waiting]

    def _finish_all(self) -> None:
        self._waiting.clear()
        self._listing.clear()
        self._stopped = True

    def _split(self) -> KeyRange | None:
        """The upper half of the range that seems longest, taken off it."""
        best, owner = None, None
        for candidate in self._listing if self._may_split else ():
            if candidate.page is None:
                continue
            split = self._space.split(prefix=candidate.prefix, page=candidate.page, until=candidate.until)
            if (
                split
                and split.pages_left >= _WORTH_SPLITTING_PAGES
                and (not best or split.pages_left > best.pages_left)
            ):
                best, owner = split, candidate
        if not best or not owner:
            return None
        upper = KeyRange(owner.prefix, best.at, owner.until)
        owner.until = best.at
        return upper
