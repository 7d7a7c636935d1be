"""Small plots as SVG text, without a library and without the network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, WIDE = 480, 1010
_ROW, _BAR, _LABEL, _VALUE = 30, 16, 160, 80
_COLUMNS_LABELLED = 12
_MIN_PIXELS = 2  # so that one key of ten million is still visible


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


def stacked(parts: Sequence[Bar], *, height: int = 34) -> str:
    """One bar, divided into parts by their shares."""
    total = sum(part.value for part in parts)
    visible = [part for part in parts if part.value]
    shapes, x = [], 0.0
    room = WIDE - _MIN_PIXELS * len(visible)
    for part in visible:
        width = _MIN_PIXELS + room * part.value / total
        shapes.append(_rect(x, 0, width, height, part))
        x += width
    empty = "" if visible else f'<rect class="none" width="{WIDE}" height="{height}" rx="4"/>'
    bar = f'<g clip-path="inset(0 round 6px)">{empty}{"".join(shapes)}</g>'
    return _svg(height, bar, _description(parts), width=WIDE)


def rows(bars: Sequence[Bar]) -> str:
    """A row for each bar: label, bar, value."""
    largest = max((bar.value for bar in bars), default=0) or 1
    room = WIDTH - _LABEL - _VALUE
    shapes = []
    for number, bar in enumerate(bars):
        y = number * _ROW
        width = max(_MIN_PIXELS, room * bar.value / largest) if bar.value else 0
        shapes.append(_text(_LABEL - 12, y + 20, bar.label, "end", "label"))
        shapes.append(_rect(_LABEL, y + 8, width, _BAR, bar, rounded=3))
        shapes.append(_text(_LABEL + width + 8, y + 20, bar.value_text, "start", "value"))
    return _svg(len(bars) * _ROW + 4, "".join(shapes), _description(bars))


def timeline(stages: Sequence[Bar]) -> str:
    """A row for each stage: a bar that begins where the stage before it ended."""
    total = sum(stage.value for stage in stages) or 1
    room = WIDTH - _LABEL - _VALUE
    shapes, before = [], 0.0
    for number, stage in enumerate(stages):
        y, x = number * _ROW, _LABEL + room * before / total
        width = max(_MIN_PIXELS, room * stage.value / total)
        shapes.append(f'<line class="grid" x1="{_LABEL}" x2="{_LABEL + room}" y1="{y + 16}" y2="{y + 16}"/>')
        shapes.append(_text(_LABEL - 12, y + 20, stage.label, "end", "label"))
        shapes.append(_rect(x, y + 8, width, _BAR, stage, rounded=3))
        shapes.append(_text(_LABEL + room + 8, y + 20, stage.value_text, "start", "value"))
        before += stage.value
    return _svg(len(stages) * _ROW + 4, "".join(shapes), _description(stages))


def columns(bars: Sequence[Bar], *, height: int = 150) -> str:
    """A histogram: a column for each bar, with its label below; if there are many, every other one has a label."""
    largest = max((bar.value for bar in bars), default=0) or 1
    step = min(48.0, WIDTH / max(1, len(bars)))
    labelled = 1 if len(bars) <= _COLUMNS_LABELLED else 2
    room = height - 40
    shapes = [f'<line class="axis" x1="0" x2="{step * len(bars):.1f}" y1="{room + 18}" y2="{room + 18}"/>']
    for number, bar in enumerate(bars):
        bar_height = max(_MIN_PIXELS, room * bar.value / largest) if bar.value else 0
        middle = (number + 0.5) * step
        shapes.append(_rect(number * step + 2, room + 18 - bar_height, step - 4, bar_height, bar, rounded=2))
        shapes.append(_text(middle, room + 12 - bar_height, bar.value_text, "middle", "small"))
        if number % labelled == 0:
            shapes.append(_text(middle, room + 34, bar.label, "middle", "small"))
    return _svg(height, "".join(shapes), _description(bars))


def _svg(height: float, inside: str, description: str, *, width: int = WIDTH) -> str:
    return (
        f'<svg viewBox="0 0 {width} {height:.0f}" width="{width}" height="{height:.0f}" role="img"'
        f' aria-label="{escape(description)}">{inside}</svg>'
    )


def _rect(x: float, y: float, width: float, height: float, bar: Bar, *, rounded: int = 0) -> str:
    title = escape(bar.title or f"{bar.label}: {bar.value_text}")
    return (
        f'<rect class="{bar.kind}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
        f' rx="{rounded}"><title>{title}</title></rect>'
    )


def _text(x: float, y: float, text: str, anchor: str, kind: str) -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _description(bars: Sequence[Bar]) -> str:
    """The plot as text, for screen readers."""
    return ", ".join(f"{bar.label} {bar.value_text}" for bar in bars)
