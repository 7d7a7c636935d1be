"""A listing whose threads take turns in an order that hypothesis chooses, over keys in memory."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from lambdas.list_objects.page import Page

if TYPE_CHECKING:
    from lambdas.list_objects.ranges import KeyRange, OpenRanges

THREADS = 4


def page_of(bucket: list[str], taken: KeyRange, size: int) -> Page:
    """A page as S3 would answer it, which doesn't know where the range ends."""
    rest = [key for key in bucket[bisect_right(bucket, taken.after) :] if key.startswith(taken.prefix)]
    return Page(rest[:size], "more" if len(rest) > size else None)


class Taken:
    """The keys that were taken, at most `limit`."""

    def __init__(self, limit: int | None = None) -> None:
        self.keys: list[str] = []
        self._limit = limit

    def take(self, page: Page, count: int, prefix: str) -> bool:
        assert all(key.startswith(prefix) for key in page.keys)
        self.keys = (self.keys + page.keys[:count])[: self._limit]
        return self._limit is None or len(self.keys) < self._limit


def list_some(
    ranges: OpenRanges, bucket: list[str], page_size: int, choose: st.DataObject, steps: int | None = None
) -> None:
    """Threads take turns in an order that hypothesis chooses; ranges are split while pages are requested."""
    requested: list[tuple[KeyRange, Page]] = []
    while steps is None or steps > 0:
        while len(requested) < THREADS and (taken := ranges.next(wait=False)):
            requested.append((taken, page_of(bucket, taken, page_size)))
        if not requested:
            return
        taken, page = requested.pop(choose.draw(st.integers(0, len(requested) - 1)))
        if ranges.advance(taken, page):
            requested.append((taken, page_of(bucket, taken, page_size)))
        steps = steps and steps - 1
