"""Small plots as SVG, written by hand: they need neither a library nor the network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, WIDE = 480, 1010
_ROW, _BAR, _LABEL, _VALUE = 30, 16, 160, 80
_COLUMNS_LABELLED = 12
_LEAST = 2  # pixels, so that one key of ten million is still seen


@dataclass(frozen=True, kw_only=True)
class Bar:
    """`kind` is the CSS class that colours it; `title` is told on hovering."""

    label: str
    value: float
    shown: str
    kind: str
    title: str = ""


def stacked(parts: Sequence[Bar], *, height: int = 34) -> str:
    """One bar in parts, as wide as their shares."""
    whole = sum(part.value for part in parts)
    there = [part for part in parts if part.value]
    drawn, x = [], 0.0
    spare = WIDE - _LEAST * len(there)
    for part in there:
        width = _LEAST + spare * part.value / whole
        drawn.append(_rect(x, 0, width, height, part))
        x += width
    empty = "" if there else f'<rect class="none" width="{WIDE}" height="{height}" rx="4"/>'
    return _svg(height, f'<g clip-path="inset(0 round 6px)">{empty}{"".join(drawn)}</g>', _told(parts), width=WIDE)


def rows(bars: Sequence[Bar]) -> str:
    """A bar a row: label, bar, value."""
    most = max((bar.value for bar in bars), default=0) or 1
    room = WIDTH - _LABEL - _VALUE
    drawn = []
    for number, bar in enumerate(bars):
        y = number * _ROW
        width = max(_LEAST, room * bar.value / most) if bar.value else 0
        drawn.append(_text(_LABEL - 12, y + 20, bar.label, "end", "label"))
        drawn.append(_rect(_LABEL, y + 8, width, _BAR, bar, rounded=3))
        drawn.append(_text(_LABEL + width + 8, y + 20, bar.shown, "start", "value"))
    return _svg(len(bars) * _ROW + 4, "".join(drawn), _told(bars))


def timeline(stages: Sequence[Bar]) -> str:
    """Stages one after another, each in a row of its own at the time it had."""
    whole = sum(stage.value for stage in stages) or 1
    room = WIDTH - _LABEL - _VALUE
    drawn, before = [], 0.0
    for number, stage in enumerate(stages):
        y, x = number * _ROW, _LABEL + room * before / whole
        width = max(_LEAST, room * stage.value / whole)
        drawn.append(f'<line class="grid" x1="{_LABEL}" x2="{_LABEL + room}" y1="{y + 16}" y2="{y + 16}"/>')
        drawn.append(_text(_LABEL - 12, y + 20, stage.label, "end", "label"))
        drawn.append(_rect(x, y + 8, width, _BAR, stage, rounded=3))
        drawn.append(_text(_LABEL + room + 8, y + 20, stage.shown, "start", "value"))
        before += stage.value
    return _svg(len(stages) * _ROW + 4, "".join(drawn), _told(stages))


def columns(bars: Sequence[Bar], *, height: int = 150) -> str:
    """A histogram: a column for each bar, its label below; where they are many, below every other one."""
    most = max((bar.value for bar in bars), default=0) or 1
    step = min(48.0, WIDTH / max(1, len(bars)))
    labelled = 1 if len(bars) <= _COLUMNS_LABELLED else 2
    room = height - 40
    drawn = [f'<line class="axis" x1="0" x2="{step * len(bars):.1f}" y1="{room + 18}" y2="{room + 18}"/>']
    for number, bar in enumerate(bars):
        tall = max(_LEAST, room * bar.value / most) if bar.value else 0
        middle = (number + 0.5) * step
        drawn.append(_rect(number * step + 2, room + 18 - tall, step - 4, tall, bar, rounded=2))
        drawn.append(_text(middle, room + 12 - tall, bar.shown, "middle", "small"))
        if number % labelled == 0:
            drawn.append(_text(middle, room + 34, bar.label, "middle", "small"))
    return _svg(height, "".join(drawn), _told(bars))


def _svg(height: float, inside: str, told: str, *, width: int = WIDTH) -> str:
    return (
        f'<svg viewBox="0 0 {width} {height:.0f}" width="{width}" height="{height:.0f}" role="img"'
        f' aria-label="{escape(told)}">{inside}</svg>'
    )


def _rect(x: float, y: float, width: float, height: float, bar: Bar, *, rounded: int = 0) -> str:
    title = escape(bar.title or f"{bar.label}: {bar.shown}")
    return (
        f'<rect class="{bar.kind}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
        f' rx="{rounded}"><title>{title}</title></rect>'
    )


def _text(x: float, y: float, words: str, anchor: str, kind: str) -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def _told(bars: Sequence[Bar]) -> str:
    """What the plot says, for who can't see it."""
    return ", ".join(f"{bar.label} {bar.shown}" for bar in bars)
