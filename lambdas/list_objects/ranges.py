"""The key ranges still to be listed: they split themselves when a thread is idle.

No hints are needed: an idle thread takes over the upper part of what is left of the range that seems longest. However
well that is guessed, every key belongs to exactly one range at every moment, and is so listed exactly once.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from dataclasses import dataclass, field
from threading import Condition
from typing import TYPE_CHECKING

from .keyspace import KeySpace, Split

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# Pages that brought no key, because a split was badly placed, may be so many; then ranges are split no more. That
# bounds what parallelism costs, 1.10 requests per thousand keys, whatever the keys look like.
_WASTED_PER_THREAD, _WASTED_SHARE = 6, 0.04


@dataclass(eq=False)
class KeyRange:
    """The keys that begin with `prefix`, lie after `after` and up to and including `until` (None: to the end)."""

    prefix: str
    after: str = ""
    until: str | None = None
    begun: bool = False
    # The first and last key of its latest page, and where to split what comes after it, once that was `judged`.
    page: tuple[str, str] | None = field(default=None, repr=False)
    split: Split | None = field(default=None, repr=False)
    judged: bool = field(default=False, repr=False)


class OpenRanges:
    """Hands ranges to `threads` threads, splits them, and knows at every moment what is left to list.

    `take_keys` is given the keys of every page, once each and never two pages at a time: what it was given and what
    `left()` says never disagree. After `limit` keys nothing is left.
    """

    def __init__(
        self,
        ranges: Iterable[KeyRange],
        *,
        threads: int,
        take_keys: Callable[[list[str]], None],
        limit: int | None = None,
    ) -> None:
        self._waiting = deque(ranges)
        self._listing: list[KeyRange] = []
        self._threads = threads
        self._take_keys = take_keys
        self._limit = limit
        self._space = KeySpace()
        self._wasted = 0.0
        self._draining = False
        self._stopped = False
        self._changed = Condition()
        self.pages = 0

    def next(self, *, wait: bool = True) -> KeyRange | None:
        """A range to list, waiting for one if need be; None once nothing is left or the listing is to end."""
        with self._changed:
            while not (self._draining or self._stopped):
                if taken := self._waiting.popleft() if self._waiting else self._split():
                    taken.begun = True
                    self._listing.append(taken)
                    # Where one idle thread found work, so may the next.
                    self._changed.notify()
                    return taken
                if not self._listing or not wait:
                    break
                self._changed.wait()
            self._changed.notify_all()
            return None

    def advance(self, listed: KeyRange, keys: list[str], *, more: bool) -> bool:
        """Take the keys of a page that `listed` asked for; True if the range goes on.

        Keys past the range's end are dropped: the end may have moved down while the page was under way.
        """
        with self._changed:
            if self._stopped:
                return False
            came = len(keys)
            if listed.until is not None and keys and keys[-1] >= listed.until:
                keys, more = keys[: bisect_right(keys, listed.until)], False
            self.pages += 1
            self._wasted += 1 - len(keys) / came if came else 1
            if keys:
                self._take(listed, keys)
            if not more and listed in self._listing:
                self._listing.remove(listed)
            self._changed.notify()
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

    def _take(self, listed: KeyRange, keys: list[str]) -> None:
        if self._limit is not None:
            keys = keys[: self._limit]
            self._limit -= len(keys)
            if not self._limit:
                self._waiting.clear()
                self._listing.clear()
                self._stopped = True
        self._take_keys(keys)
        self._space.learn((keys[0], keys[-1]))
        listed.after, listed.page, listed.judged = keys[-1], (keys[0], keys[-1]), False

    def _split(self) -> KeyRange | None:
        """The upper part of the range that seems longest, taken off it."""
        if self._wasted > _WASTED_PER_THREAD * self._threads + _WASTED_SHARE * self.pages:
            return None
        best, owner = None, None
        for candidate in self._listing:
            if candidate.page and not candidate.judged:
                candidate.judged = True
                candidate.split = self._space.split(prefix=candidate.prefix, page=candidate.page, until=candidate.until)
            split = candidate.split
            if split and (best is None or (split.pages or 0.0) > (best.pages or 0.0)):
                best, owner = split, candidate
        if best is None or owner is None:
            return None
        upper = KeyRange(owner.prefix, best.at, owner.until)
        owner.until, owner.judged = best.at, False
        return upper
