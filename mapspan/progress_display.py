"""Progress on a terminal: one live line; on a pipe: a plain line now and then."""

from __future__ import annotations

import time
from collections.abc import Iterable

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from mapspan.execution import Progress

_PLAIN_LINE_SECONDS = 5.0


def show(looks: Iterable[Progress], console: Console) -> None:
    """Show each look until the last one."""
    if console.is_terminal:
        _live(looks, console)
    else:
        _plain(looks, console)


def _live(looks: Iterable[Progress], console: Console) -> None:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[counts]}"),
        TimeElapsedColumn(),
    )
    with Bar(*columns, console=console) as bar:
        task = bar.add_task("listing", total=None, counts="")
        for look in looks:
            bar.update(
                task,
                description="processing" if look.map_run_arn else "listing",
                total=look.listed,
                completed=look.done,
                counts=_counts(look) if look.map_run_arn else "",
            )


def _plain(looks: Iterable[Progress], console: Console) -> None:
    shown_at, last, shown = 0.0, None, None
    for last in looks:
        if time.monotonic() - shown_at >= _PLAIN_LINE_SECONDS:
            shown_at, shown = time.monotonic(), last
            console.print(_line(last), highlight=False)
    if last is not None and last is not shown:
        console.print(_line(last), highlight=False)


def _line(look: Progress) -> str:
    if look.map_run_arn is None:
        return f"{look.seconds:5.0f} s  listing"
    return f"{look.seconds:5.0f} s  listed {look.listed:,}  {_counts(look)}"


def _counts(look: Progress) -> str:
    return (
        f"running {look.running:,}  succeeded {look.succeeded:,}  failed {look.failed:,}"
        f"  pending {look.pending:,}  {look.rate:,.0f}/s"
    )
