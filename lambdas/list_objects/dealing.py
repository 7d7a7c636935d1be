"""Deals the ranges that a lister has left to several listers, in portions that seem even.

How many keys a range holds is a guess, which may be far off: it decides only how long each lister lists.
"""

from __future__ import annotations

from dataclasses import replace
from math import ceil
from typing import TYPE_CHECKING

from .checkpoint import Checkpoint, packed
from .ranges import KeyRange

if TYPE_CHECKING:
    from .keyspace import KeySpace


def dealt(state: Checkpoint, left: list[KeyRange], space: KeySpace, *, count: int) -> list[Checkpoint]:
    """The checkpoints of at most `count` listers, each with something to list. `state`: before the invocation."""
    begun = [key_range for key_range in left if key_range.begun]
    portions = deal(begun, space, count)
    waiting = len(left) - len(begun)
    first = state["prefixes_end"] - waiting
    states: list[Checkpoint] = []
    for lister in range(count):
        ranges = portions[lister] if lister < len(portions) else []
        # All prefixes, to listers that have no range too.
        start, end = (first + waiting * place // count for place in (lister, lister + 1))
        if ranges or start < end:
            states.append(
                {
                    **state,
                    "lister": f"{state['lister']}.{len(states)}",
                    "invocation": state["invocation"] + 1,
                    "prefixes_begun": start,
                    "prefixes_end": end,
                    "ranges": packed(ranges),
                }
            )
    return states


def deal(ranges: list[KeyRange], space: KeySpace, count: int) -> list[list[KeyRange]]:
    """The begun ranges in at most `count` portions, none of them empty: each key of them is in exactly one.

    Ranges that seem longer than a portion are cut.
    """
    pages = [_pages(key_range, space) for key_range in ranges]
    known = [number for number in pages if number is not None]
    usual = sum(known) / len(known) if known else float(count)
    sizes = [usual if number is None else number for number in pages]
    portion = max(1.0, sum(sizes) / count)
    pieces: list[tuple[float, KeyRange]] = []
    for key_range, size in zip(ranges, sizes, strict=True):
        cut = _cut(key_range, space, min(count, ceil(size / portion)))
        pieces += [(size / len(cut), piece) for piece in cut]
    return _portions(pieces, count)


def _pages(key_range: KeyRange, space: KeySpace) -> float | None:
    """How many pages a range seems to have left; None if there is nothing to guess from."""
    prefix, page, until = key_range.prefix, key_range.page, key_range.until
    if page is None:
        return None
    split = space.split(prefix=prefix, page=page, until=until)
    if split and split.pages is None:
        return None
    _, pages = space.cuts(prefix=prefix, page=page, until=until, count=1)
    return max(1.0, pages)


def _cut(key_range: KeyRange, space: KeySpace, count: int) -> list[KeyRange]:
    prefix, page, until = key_range.prefix, key_range.page, key_range.until
    if page is None or count < 2:
        return [key_range]
    cuts, _ = space.cuts(prefix=prefix, page=page, until=until, count=count)
    if not cuts and (split := space.split(prefix=prefix, page=page, until=until)):
        cuts = [split.at]
    lower = [replace(key_range, until=cuts[0] if cuts else until)]
    upper = [KeyRange(prefix, after, end, begun=True) for after, end in zip(cuts, [*cuts[1:], until], strict=True)]
    return lower + upper


def _portions(pieces: list[tuple[float, KeyRange]], count: int) -> list[list[KeyRange]]:
    """The longest piece first, each to the portion that is the smallest so far."""
    portions: list[list[KeyRange]] = [[] for _ in range(min(count, len(pieces)))]
    sizes = [0.0] * len(portions)
    for size, piece in sorted(pieces, key=lambda sized: -sized[0]):
        smallest = sizes.index(min(sizes))
        portions[smallest].append(piece)
        sizes[smallest] += size
    return portions
