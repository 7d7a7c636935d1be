"""What a review is written in: blocks that each format renders in its own way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Heading:
    words: str
    level: int = 2


@dataclass(frozen=True)
class Line:
    """A paragraph; names in it stand between backticks, what matters between `**`."""

    words: str


@dataclass(frozen=True)
class Points:
    """A list."""

    points: Sequence[str]


@dataclass(frozen=True)
class Table:
    """Cells are written as lines are."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Code:
    """`language` is `diff`, `json` or `mermaid`."""

    text: str
    language: str


@dataclass(frozen=True)
class Folded:
    """What is there for whoever wants it, under a title that is always seen."""

    title: str
    blocks: Sequence[Block]


Block = Heading | Line | Points | Table | Code | Folded
