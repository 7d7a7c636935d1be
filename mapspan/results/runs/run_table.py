"""The table of runs on a terminal: a line each, with as many columns as the width holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from mapspan.quantity import format_duration, format_usd
from mapspan.results.runs.run_overview import RunOverview
from mapspan.running.terminal_lines import TerminalLines

_GAP = "  "
_UNKNOWN = "-"
_NARROWEST_NAME = 8


@dataclass(frozen=True, kw_only=True)
class _Column:
    """A column. Those with the highest `rank` are left out first, where the line is too short for all.

    `narrow`: a shorter text of the same, for the lines that the whole one makes too long.
    """

    title: str
    rank: int
    text: Callable[[RunOverview], str]
    narrow: Callable[[RunOverview], str] | None = None
    right: bool = False


def _count(keys: int | None) -> str:
    return _UNKNOWN if keys is None else f"{keys:,}"


def _status(run: RunOverview) -> str:
    return f"{run.status} (redriven {run.redrives}x)" if run.redrives else run.status


_ENVIRONMENT = _Column(title="environment", rank=1, text=lambda run: run.environment)
_NAME = _Column(title="run", rank=0, text=lambda run: run.name)
_COLUMNS = (
    _Column(title="status", rank=0, text=_status, narrow=lambda run: run.status),
    _Column(
        title="started",
        rank=3,
        text=lambda run: f"{run.started:%Y-%m-%d %H:%M}",
        narrow=lambda run: f"{run.started:%m-%d %H:%M}",
    ),
    _Column(title="took", rank=5, text=lambda run: format_duration(run.seconds), right=True),
    _Column(title="seen", rank=9, text=lambda run: _count(run.seen), right=True),
    _Column(title="listed", rank=8, text=lambda run: _count(run.listed), right=True),
    _Column(title="processed", rank=4, text=lambda run: _count(run.processed), right=True),
    _Column(title="failed", rank=2, text=lambda run: _count(run.left), right=True),
    _Column(title="cost", rank=6, text=lambda run: _UNKNOWN if run.usd is None else format_usd(run.usd), right=True),
    _Column(
        title="started by",
        rank=7,
        text=lambda run: run.starter or "unknown",
        narrow=lambda run: (run.starter or "unknown").rpartition("/")[2],
    ),
    _Column(title="error", rank=10, text=lambda run: run.error or ""),
)


def run_lines(runs: Sequence[RunOverview], lines: TerminalLines, *, environments: bool = False) -> Iterator[str]:
    """The table with its titles. `environments`: whether it has a column with the environment's name.

    The columns that a line has no room for are left out, the seen objects first; a name is cut only where the status
    alone stands beside it. `failed` counts pending keys too.
    """
    columns = [*([_ENVIRONMENT] if environments else []), _NAME, *_COLUMNS]
    columns = [column for column in columns if column.title != "error" or any(run.error for run in runs)]
    table = [_cells(column, runs, lines, narrow=False) for column in columns]
    while lines.width is not None and _width(table) > lines.width:
        narrowed = [_cells(column, runs, lines, narrow=True) for column in columns]
        if _width(narrowed) <= lines.width:
            table = narrowed
            break
        dispensable = max(columns, key=lambda column: column.rank)
        if dispensable.rank == 0:
            table = narrowed
            _cut_names(table, columns, lines)
            break
        columns.remove(dispensable)
        table = [_cells(column, runs, lines, narrow=False) for column in columns]
    for row in zip(*(_padded(cells, column) for cells, column in zip(table, columns, strict=True)), strict=True):
        yield _GAP.join(row).rstrip()


def _cells(column: _Column, runs: Sequence[RunOverview], lines: TerminalLines, *, narrow: bool) -> list[str]:
    text = (column.narrow if narrow else None) or column.text
    return [column.title, *(lines.text(text(run)) for run in runs)]


def _width(table: Sequence[Sequence[str]]) -> int:
    return sum(max(map(cell_len, cells)) for cells in table) + len(_GAP) * (len(table) - 1)


def _cut_names(table: list[list[str]], columns: Sequence[_Column], lines: TerminalLines) -> None:
    """Shorten the names by as much as the line is too long."""
    place = columns.index(_NAME)
    names = table[place]
    excess = _width(table) - (lines.width or 0)
    room = max(_NARROWEST_NAME, max(map(cell_len, names)) - excess)
    table[place] = [lines.text(name, room) for name in names]


def _padded(cells: Sequence[str], column: _Column) -> Iterator[str]:
    width = max(map(cell_len, cells))
    for cell in cells:
        space = " " * (width - cell_len(cell))
        yield space + cell if column.right else cell + space
