"""Key shapes: buckets of any size whose keys follow from arithmetic, so that ten million of them cost nothing."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import UTC, datetime, timedelta
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING
from urllib.parse import quote
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Callable

_IDS = 16**12  # as many as twelve hex digits can say


class Shape:
    """`count` keys in UTF-8 byte order: folders of different weight, each with numbered leaves.

    `leaf` is an ASCII format for a number: where leaves are `spread`, twelve hex digits spread evenly over the folder
    (as ids are), else consecutive decimals (as counters are).
    """

    def __init__(self, count: int, *, folders: list[str], weights: list[int], leaf: str, spread: bool) -> None:
        in_order = sorted(zip(folders, weights, strict=True), key=lambda each: each[0].encode())
        total = sum(weights)
        edges = [count * so_far // total for so_far in accumulate((weight for _, weight in in_order), initial=0)]
        self._folders = [folder for (folder, _), (a, b) in zip(in_order, pairwise(edges), strict=True) if a < b]
        self._starts = [a for a, b in pairwise(edges) if a < b]
        self._ends = [*self._starts[1:], count]
        self._leaf = leaf.encode()
        self._spread = spread
        self.count = count
        self._as_url = [quote(folder, safe="/-_.~").encode() for folder in self._folders]
        self._as_xml = [escape(folder).encode() for folder in self._folders]

    def key(self, index: int) -> bytes:
        """The key at `index`, in UTF-8."""
        folder = bisect_right(self._starts, index) - 1
        return self._folders[folder].encode() + self._leaves(folder, index, index + 1)[0]

    def page(self, start: int, stop: int, *, url_encoded: bool) -> list[bytes]:
        """The keys from `start` up to `stop`, as they stand in a page's XML."""
        texts = self._as_url if url_encoded else self._as_xml
        keys: list[bytes] = []
        folder = bisect_right(self._starts, start) - 1
        while start < stop:
            end = min(stop, self._ends[folder])
            text = texts[folder]
            keys += [text + leaf for leaf in self._leaves(folder, start, end)]
            start, folder = end, folder + 1
        return keys

    def below(self, prefix: bytes, after: bytes) -> range:
        """The indexes of the keys that begin with `prefix` and come after `after`."""
        everything = range(self.count)
        start = bisect_left(everything, prefix, key=self.key)
        # 0xFF is in no UTF-8 text, so this comes after all that begin with the prefix.
        stop = bisect_left(everything, prefix + b"\xff", key=self.key)
        return range(max(start, bisect_right(everything, after, key=self.key) if after else 0), stop)

    def index(self, key: bytes) -> int | None:
        """Where `key` is, None if it isn't."""
        index = bisect_left(range(self.count), key, key=self.key)
        return index if index < self.count and self.key(index) == key else None

    def _leaves(self, folder: int, start: int, stop: int) -> list[bytes]:
        first = self._starts[folder]
        step = _IDS // (self._ends[folder] - first) if self._spread else 1
        leaf = self._leaf
        return [leaf % number for number in range((start - first) * step, (stop - first) * step, step)]


def _uniform(count: int) -> Shape:
    return Shape(count, folders=["objects/"], weights=[1], leaf="%012x-5b1f4c77a0d2.json", spread=True)


def _dates(count: int) -> Shape:
    """Hours of three years, ever fuller."""
    hours = [datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=n) for n in range(3 * 365 * 24)]
    folders = [f"logs/{hour:%Y/%m/%d/%H}/" for hour in hours]
    return Shape(count, folders=folders, weights=[1000 + n for n in range(len(hours))], leaf="%012x.json", spread=True)


def _hive(count: int) -> Shape:
    """Partitions by country and day, countries of very different size."""
    countries = ["at", "br", "de", "es", "fr", "gb", "in", "it", "jp", "mx", "nl", "pl", "us", "za"]
    days = [datetime(2025, 1, 1, tzinfo=UTC) + timedelta(days=n) for n in range(365)]
    folders = [f"warehouse/events/country={code}/dt={day:%Y-%m-%d}/" for code in countries for day in days]
    weights = [(1 + 7 * n % 13) ** 2 for n in range(len(countries)) for _ in days]
    return Shape(count, folders=folders, weights=weights, leaf="part-%08d.snappy.parquet", spread=False)


def _long_prefix(count: int) -> Shape:
    prefix = "/".join(
        ["archive", "customer-0000417", "site-north", "line-07", "camera-front-left", "raw", "frames"] * 2
    )
    return Shape(count, folders=[f"{prefix}/frame_"], weights=[1], leaf="%010d.png", spread=False)


def _non_ascii(count: int) -> Shape:
    places = ["Köln", "Łódź", "Москва", "東京", "大阪", "서울", "القاهرة", "🏝️ île", "a+b & c", "100%", "x=1;y=2"]
    folders = [
        f"фото/{place}/{month:02d} № {day:02d}/изображение "
        for place in places
        for month in range(1, 13)
        for day in range(1, 29)
    ]
    return Shape(count, folders=folders, weights=[1] * len(folders), leaf="%08d.jpg", spread=False)


SHAPES: dict[str, Callable[[int], Shape]] = {
    "uniform": _uniform,
    "dates": _dates,
    "hive": _hive,
    "long-prefix": _long_prefix,
    "non-ascii": _non_ascii,
}


def shape_of(bucket: str) -> Shape | None:
    """The shape that a bucket's name asks for, such as `dates-3000000`; None for an ordinary bucket."""
    name, _, count = bucket.rpartition("-")
    return SHAPES[name](int(count)) if name in SHAPES and count.isdecimal() else None
