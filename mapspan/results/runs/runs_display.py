"""The report of the last runs on a terminal: a table, and a trend of each number as a row of small columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mapspan.outside_text import encodable
from mapspan.quantity import format_usd
from mapspan.results.runs.run_table import run_lines
from mapspan.results.runs.runs_report import RunsReport
from mapspan.running.terminal_lines import TerminalLines

# From the lowest to the highest; only 0 has the lowest, so that one failed key among millions is seen.
_LEVELS = "▁▂▃▄▅▆▇█"
_UNKNOWN = "·"
_TITLE_WIDTH = 11


def report_lines(report: RunsReport, lines: TerminalLines) -> Iterator[str]:
    """The report as lines that fit."""
    if not report.runs:
        yield f"{report.environment} has no executions yet: `mapspan run {report.environment}` starts one"
        return
    yield from lines.packed([report.title, *_statuses(report)], hanging=2)
    yield ""
    yield from run_lines(report.runs, lines)
    yield ""
    for trend in report.trends:
        spark = sparkline(trend.values, lines)
        yield from _named(trend.title, [*([spark] if spark else []), *trend.words], lines)
    yield from _named("in total", [format_usd(report.usd), report.cost_terms], lines)
    for failure in report.failures:
        runs = [f"in {failure.runs:,} runs", "last"] if failure.runs > 1 else [""]
        last = f"{runs.pop()} in {failure.last_run.name}".strip()
        yield from _named("failures", [f"{failure.keys:,} x {failure.error}", *runs, last], lines)
    if report.next_command:
        yield f"{'next':<9}  {report.next_command}"  # never cut: it is there to be copied


def _named(name: str, parts: Sequence[str], lines: TerminalLines) -> Iterator[str]:
    yield from lines.packed([f"{name:<9}", *parts], hanging=_TITLE_WIDTH)


def sparkline(values: Sequence[float | None], lines: TerminalLines) -> str:
    """A small column for each value, the newest last; as many of the newest as a line holds.

    Empty if the terminal's encoding lacks the characters.
    """
    if encodable(_LEVELS + _UNKNOWN, lines.encoding) != _LEVELS + _UNKNOWN:
        return ""
    room = len(values) if lines.width is None else max(1, lines.width - _TITLE_WIDTH)
    shown = values[-room:]
    most = max((value for value in shown if value is not None), default=0)
    return "".join(_column(value, most) for value in shown)


def _column(value: float | None, most: float) -> str:
    if value is None:
        return _UNKNOWN
    return _LEVELS[0] if value <= 0 else _LEVELS[1 + min(6, int(value / most * 7))]


def _statuses(report: RunsReport) -> list[str]:
    return [f"{runs:,} {status}" for status, runs in report.statuses.items()]
