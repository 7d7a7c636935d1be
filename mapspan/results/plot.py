"""Small plots as HTML and SVG text, without a library and without the network.

The SVG holds shapes alone, so that it can stretch to any width. Words are HTML, and keep their size on a phone.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

_WIDTH = 1000
_BAR_HEIGHT, _STACKED_HEIGHT, _COLUMNS_HEIGHT = 16, 34, 120
_HIDDEN = 'aria-hidden="true"'  # from screen readers: the words beside it say the same
_LEAST = 4  # of the width, so that one key of ten million is still visible on a phone


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One bar, row or column.

    Args:
        value_text: the value as it is printed.
        kind: the CSS class that colours it.
        title: the text on hovering; by default the label and the value.
    """

    label: str
    value: float
    value_text: str
    kind: str
    title: str = ""


def stacked(parts: Sequence[Bar]) -> str:
    """One bar, divided into parts by their shares."""
    total = sum(part.value for part in parts)
    visible = [part for part in parts if part.value]
    shapes, x = [], 0.0
    room = _WIDTH - _LEAST * len(visible)
    for part in visible:
        width = _LEAST + room * part.value / total
        shapes.append(_rect(x, width, _STACKED_HEIGHT, part))
        x += width
    empty = "" if visible else f'<rect class="none" width="{_WIDTH}" height="{_STACKED_HEIGHT}"/>'
    description = escape(", ".join(f"{part.label} {part.value_text}" for part in parts))
    return _svg("stacked", _STACKED_HEIGHT, empty + "".join(shapes), f'role="img" aria-label="{description}"')


def rows(bars: Sequence[Bar]) -> str:
    """A row for each bar: label, bar, value."""
    largest = max((bar.value for bar in bars), default=0) or 1
    return _rows((bar, 0.0, bar.value / largest) for bar in bars)


def columns(stacks: Sequence[Sequence[Bar]], *, description: str) -> str:
    """A column for each stack, divided into its bars from the bottom up; an empty stack leaves its place empty.

    `description`: what screen readers say.
    """
    largest = max((sum(bar.value for bar in stack) for stack in stacks), default=0) or 1
    room = _COLUMNS_HEIGHT - _LEAST * max(map(len, stacks), default=0)
    step = _WIDTH / max(1, len(stacks))
    shapes = []
    for place, stack in enumerate(stacks):
        y = float(_COLUMNS_HEIGHT)
        for bar in stack:
            if bar.value:
                height = _LEAST + room * bar.value / largest
                y -= height
                shapes.append(_rect(step * (place + 0.1), step * 0.8, height, bar, y=y))
    return _svg("columns", _COLUMNS_HEIGHT, "".join(shapes), f'role="img" aria-label="{escape(description)}"')


def timeline(stages: Sequence[Bar]) -> str:
    """A row for each stage: a bar that begins where the stage before it ended."""
    total = sum(stage.value for stage in stages) or 1
    begins = itertools.accumulate((stage.value for stage in stages), initial=0.0)
    return _rows((stage, begin / total, stage.value / total) for stage, begin in zip(stages, begins, strict=False))


def _rows(bars: Iterable[tuple[Bar, float, float]]) -> str:
    """Each bar with the share of the width before it, and its own."""
    cells = []
    for bar, before, share in bars:
        width = max(_LEAST, _WIDTH * share) if bar.value else 0
        shape = _rect(min(_WIDTH * before, _WIDTH - width), width, _BAR_HEIGHT, bar)
        cells.append(
            f"<dt>{escape(bar.label)}</dt><dd>{_svg('row', _BAR_HEIGHT, shape, _HIDDEN)}"
            f"<span>{escape(bar.value_text)}</span></dd>"
        )
    return f'<dl class="bars">{"".join(cells)}</dl>'


def _svg(kind: str, height: int, shapes: str, attributes: str) -> str:
    return f'<svg class="{kind}" viewBox="0 0 {_WIDTH} {height}" preserveAspectRatio="none" {attributes}>{shapes}</svg>'


def _rect(x: float, width: float, height: float, bar: Bar, *, y: float = 0) -> str:
    title = escape(bar.title or f"{bar.label}: {bar.value_text}")
    top = f' y="{y:.1f}"' if y else ""
    return (
        f'<rect class="{bar.kind}" x="{x:.1f}"{top} width="{width:.1f}" height="{height:.4g}"><title>{title}</title>'
        "</rect>"
    )
