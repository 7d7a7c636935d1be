"""Progress on a terminal: live lines; on a pipe: a plain line now and then; as JSON: one object a look."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn
from rich.progress import Progress as Bar
from rich.text import Text

from mapspan.quantity import format_duration
from mapspan.running.progress import Progress

_PLAIN_LINE_SECONDS = 5.0
_CAUSES_SHOWN = 5


def show(looks: Iterable[Progress], console: Console, *, as_json: bool = False) -> Progress | None:
    """Show each look until the last one, and return that."""
    last: Progress | None = None

    def noted() -> Iterator[Progress]:
        nonlocal last
        for look in looks:
            last = look
            yield look

    if as_json:
        _json_lines(noted(), console)
    elif console.is_terminal:
        _live(noted(), console)
    else:
        _plain(noted(), console)
    return last


def _json_lines(looks: Iterable[Progress], console: Console) -> None:
    for look in looks:
        console.file.write(json.dumps(look.as_json()) + "\n")
        console.file.flush()


def _live(looks: Iterable[Progress], console: Console) -> None:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    bar = Bar(*columns, TextColumn("{task.fields[time]}"), console=console)
    task = bar.add_task("starting", total=None, time="")
    with Live(console=console, refresh_per_second=4) as live:
        for look in looks:
            bar.update(
                task,
                description=look.phase,
                total=look.listed if look.map_run_arn else None,
                completed=look.done if look.map_run_arn else look.listed or 0,
                time=_time(look),
            )
            lines = (Text(f"  {line}", overflow="ellipsis", no_wrap=True) for line in _lines(look))
            live.update(Group(bar, *lines))


def _plain(looks: Iterable[Progress], console: Console) -> None:
    shown_at, shown, last = 0.0, None, None
    for last in looks:
        changed = shown is None or (last.phase, last.trouble) != (shown.phase, shown.trouble)
        if changed or time.monotonic() - shown_at >= _PLAIN_LINE_SECONDS:
            shown_at, shown = time.monotonic(), last
            _print(last, console)
    if last is not None and last is not shown:
        _print(last, console)


def _print(look: Progress, console: Console) -> None:
    left = f"{format_duration(look.seconds_left)} left" if look.seconds_left is not None else ""
    known = "  ".join(part for part in (look.phase, _counts(look), left, _children(look)) if part)
    for line in (f"{look.seconds:5.0f} s  {known}", *(f"         {wrong}" for wrong in _wrong(look))):
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def _time(look: Progress) -> str:
    left = f", {format_duration(look.seconds_left)} left" if look.seconds_left is not None else ""
    return f"{format_duration(look.seconds)}{left}"


def _lines(look: Progress) -> Iterator[str]:
    yield from filter(None, (_counts(look), _children(look)))
    yield from _wrong(look)


def _counts(look: Progress) -> str:
    if look.map_run_arn is None:
        return "" if look.listed is None else f"listed {look.listed:,}"
    return (
        f"listed {look.listed or 0:,}  running {look.running:,}  succeeded {look.succeeded:,}"
        f"  failed {look.failed:,}  pending {look.pending:,}  {look.rate:,.0f}/s"
    )


def _children(look: Progress) -> str:
    known = ", ".join(f"{count:,} {status.replace('_', ' ')}" for status, count in look.children.items() if count)
    return f"(children: {known})" if known else ""


def _wrong(look: Progress) -> Iterator[str]:
    """What failed, by its cause, and what is in the way."""
    for failure in look.failures[:_CAUSES_SHOWN]:
        yield f"failed with {failure.error}: {failure.keys:,} keys, such as: {failure.example}"
    for failure in look.sample.failures[:_CAUSES_SHOWN]:
        share = f"{failure.keys:,} of {look.sample.keys:,} keys looked at"
        yield f"single keys failed with {failure.error}: {share}, such as: {failure.example}"
    if look.trouble:
        yield look.trouble
