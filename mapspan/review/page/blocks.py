"""The blocks that a review is written in; each format renders them in its own way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Heading:
    words: str
    level: int = 2


@dataclass(frozen=True)
class Line:
    """A paragraph. Names in it stand between backticks, what matters stands between `**`."""

    words: str


@dataclass(frozen=True)
class Points:
    """A list; its points are written as lines are."""

    points: Sequence[str]


@dataclass(frozen=True)
class Table:
    """A table; its cells are written as lines are."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Code:
    """Text in a fence; `language` is `diff`, `json` or `mermaid`."""

    text: str
    language: str


@dataclass(frozen=True)
class Folded:
    """Details that are hidden until someone opens them, below a title that is always visible."""

    title: str
    blocks: Sequence[Block]


Block = Heading | Line | Points | Table | Code | Folded

_MOST_POINTS = 8


def limited(points: Sequence[str]) -> list[str]:
    """At most `_MOST_POINTS` points; the last one says how many more stand below."""
    if len(points) <= _MOST_POINTS:
        return list(points)
    return [*points[: _MOST_POINTS - 1], f"… and {len(points) - _MOST_POINTS + 1} more, below"]
