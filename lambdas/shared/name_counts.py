"""Counts by name, of a bounded number of names: whatever errors and reasons a job raises, an output stays small."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_NAMES = 20
# The name under which all further names are counted.
OTHER = "Other"


def bounded(name: str, names: Mapping[str, object]) -> str:
    """The name itself if it is one of `names` or if there is room for it; else Other."""
    return name if name in names or len(names) < MAX_NAMES - 1 else OTHER


def add_count(counts: dict[str, int], name: str, keys: int) -> None:
    """Add keys to the count of `name`, or to that of Other if there are too many names."""
    name = bounded(name, counts)
    counts[name] = counts.get(name, 0) + keys


def most_first(counts: Mapping[str, int]) -> dict[str, int]:
    """The counts by name, the largest first."""
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
