"""Shows progress: live lines on a terminal, one line a change on a pipe, or one JSON object for each poll."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from mapspan.quantity import format_duration
from mapspan.running.progress import Progress
from mapspan.running.progress_lines import key_parts, problem_lines, rate_parts, step_functions_parts
from mapspan.running.terminal_lines import TerminalLines

_PLAIN_LINE_SECONDS = 5.0
_INDENT, _PLAIN_INDENT = 2, 9
_NARROWEST_BAR, _WIDEST_BAR = 8, 40
_SPINNER_COLUMNS = 2


def show(polls: Iterable[Progress], console: Console, *, as_json: bool = False) -> Progress | None:
    """Show the progress at each poll, and return the last one."""
    last: Progress | None = None

    def remembered() -> Iterator[Progress]:
        nonlocal last
        for progress in polls:
            last = progress
            yield progress

    if as_json:
        _json_lines(remembered(), console)
    elif console.is_terminal:
        _live(remembered(), console)
    else:
        _plain(remembered(), console)
    return last


def frame(progress: Progress, console: Console) -> RenderableType:
    """All that a terminal shows of a poll; no line is wider than the console."""
    lines = TerminalLines.of(console)
    shown = [
        *lines.packed(key_parts(progress), indent=_INDENT),
        *lines.packed(step_functions_parts(progress), indent=_INDENT),
        *problem_lines(progress, lines, indent=_INDENT),
    ]
    return Group(_head(progress, console, lines), *(Text(line, no_wrap=True) for line in shown))


def _json_lines(polls: Iterable[Progress], console: Console) -> None:
    for progress in polls:
        console.file.write(json.dumps(progress.as_json()) + "\n")
        console.file.flush()


def _live(polls: Iterable[Progress], console: Console) -> None:
    with Live(console=console, refresh_per_second=4) as live:
        for progress in polls:
            live.update(frame(progress, console))


def _head(progress: Progress, console: Console, lines: TerminalLines) -> RenderableType:
    """A spinner while the run goes on, the phase, a bar where there is room, and the time."""
    times = [format_duration(progress.seconds), *rate_parts(progress)]
    text = next(lines.packed(times, indent=0), "")
    columns = console.width - _SPINNER_COLUMNS - len(progress.phase) - len(text) - 2
    total = progress.items.total
    grid = Table.grid(padding=(0, 1))
    cells: list[RenderableType] = []
    if not progress.ended:
        cells.append(Spinner("dots" if lines.encoding.startswith("utf") else "line"))
    cells.append(Text(progress.phase, no_wrap=True))
    if total and columns >= _NARROWEST_BAR:
        cells.append(ProgressBar(total=total, completed=progress.items.ended, width=min(columns, _WIDEST_BAR)))
    cells.append(Text(text, no_wrap=True, overflow="crop"))
    grid.add_row(*cells)
    return grid


def _plain(polls: Iterable[Progress], console: Console) -> None:
    printed_at, printed, last = 0.0, None, None
    shown: set[str] = set()
    for last in polls:
        urgent = printed is None or (last.phase, last.trouble) != (printed.phase, printed.trouble)
        if urgent or (_changed(last, printed) and time.monotonic() - printed_at >= _PLAIN_LINE_SECONDS):
            printed_at, printed = time.monotonic(), last
            shown = _print(last, console, shown)
    if last is not None and printed is not None and _changed(last, printed):
        _print(last, console, shown)


def _changed(progress: Progress, printed: Progress | None) -> bool:
    """Whether a line would say something else than the time."""
    return printed is None or _facts(progress) != _facts(printed)


def _facts(progress: Progress) -> tuple[object, ...]:
    return (progress.phase, *key_parts(progress), *step_functions_parts(progress), progress.failures, progress.trouble)


def _print(progress: Progress, console: Console, shown: set[str]) -> set[str]:
    """Print one line, and one for each problem that was not `shown` below the line before; returns the problems."""
    lines = TerminalLines(encoding=console.encoding)
    counted = step_functions_parts(progress)
    parts = [progress.phase, *key_parts(progress), *rate_parts(progress)]
    parts += [f"({'; '.join(counted)})"] if counted else []
    problems = list(problem_lines(progress, lines, indent=_PLAIN_INDENT))
    first = f"{progress.seconds:5.0f} s  {next(lines.packed(parts), '')}"
    for line in (first, *(problem for problem in problems if problem not in shown)):
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    return set(problems)
