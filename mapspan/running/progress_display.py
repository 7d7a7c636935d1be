"""Shows progress: live lines on a terminal, plain lines on a pipe, or one JSON object for each poll."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn
from rich.progress import Progress as Bar
from rich.text import Text

from mapspan.outside_text import visible
from mapspan.quantity import format_duration
from mapspan.running.progress import Progress

_PLAIN_LINE_SECONDS = 5.0
_CAUSES_SHOWN = 5


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


def _json_lines(polls: Iterable[Progress], console: Console) -> None:
    for progress in polls:
        console.file.write(json.dumps(progress.as_json()) + "\n")
        console.file.flush()


def _live(polls: Iterable[Progress], console: Console) -> None:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    bar = Bar(*columns, TextColumn("{task.fields[time]}"), console=console)
    task = bar.add_task("starting", total=None, time="")
    with Live(console=console, refresh_per_second=4) as live:
        for progress in polls:
            bar.update(
                task,
                description=progress.phase,
                total=progress.listed if progress.map_run_arn else None,
                completed=progress.done if progress.map_run_arn else progress.listed or 0,
                time=_time(progress),
            )
            lines = (Text(f"  {visible(line)}", overflow="ellipsis", no_wrap=True) for line in _lines(progress))
            live.update(Group(bar, *lines))


def _plain(polls: Iterable[Progress], console: Console) -> None:
    printed_at, printed, last = 0.0, None, None
    for last in polls:
        changed = printed is None or (last.phase, last.trouble) != (printed.phase, printed.trouble)
        if changed or time.monotonic() - printed_at >= _PLAIN_LINE_SECONDS:
            printed_at, printed = time.monotonic(), last
            _print(last, console)
    if last is not None and last is not printed:
        _print(last, console)


def _print(progress: Progress, console: Console) -> None:
    left = f"{format_duration(progress.seconds_left)} left" if progress.seconds_left is not None else ""
    text = "  ".join(part for part in (progress.phase, _counts(progress), left, _children(progress)) if part)
    for line in (f"{progress.seconds:5.0f} s  {text}", *(f"         {problem}" for problem in _problems(progress))):
        console.print(visible(line), highlight=False, markup=False, soft_wrap=True)


def _time(progress: Progress) -> str:
    left = f", {format_duration(progress.seconds_left)} left" if progress.seconds_left is not None else ""
    return f"{format_duration(progress.seconds)}{left}"


def _lines(progress: Progress) -> Iterator[str]:
    yield from filter(None, (_counts(progress), _children(progress)))
    yield from _problems(progress)


def _counts(progress: Progress) -> str:
    if progress.map_run_arn is None:
        return "" if progress.listed is None else f"listed {progress.listed:,}"
    return (
        f"listed {progress.listed or 0:,}  running {progress.running:,}  succeeded {progress.succeeded:,}"
        f"  failed {progress.failed:,}  pending {progress.pending:,}  {progress.rate:,.0f}/s"
    )


def _children(progress: Progress) -> str:
    counts = ", ".join(f"{count:,} {status.replace('_', ' ')}" for status, count in progress.children.items() if count)
    return f"(children: {counts})" if counts else ""


def _problems(progress: Progress) -> Iterator[str]:
    """The failed keys by error, the skipped ones, and the trouble with polling."""
    for failure in progress.failures[:_CAUSES_SHOWN]:
        yield f"failed with {failure.error}: {failure.keys:,} keys, such as: {failure.example}"
    for failure in progress.sample.failures[:_CAUSES_SHOWN]:
        share = f"{failure.keys:,} of {progress.sample.keys:,} keys read so far"
        yield f"single keys failed with {failure.error}: {share}, such as: {failure.example}"
    if progress.sample.skipped:
        yield f"skipped: {progress.sample.skipped:,} of {progress.sample.keys:,} keys read so far"
    if progress.trouble:
        yield progress.trouble
