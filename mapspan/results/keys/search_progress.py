"""How far a search through a run's files and its log is, on stderr."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

_MEGABYTE = 1_000_000


class SearchProgress:
    """A line that says how much was read. It stays empty where stderr is not a terminal."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("reading the run", total=None)
        self._bytes = 0

    def read_bytes(self, count: int) -> None:
        self._bytes += count
        self._progress.update(self._task, description=f"reading the run's files: {self._bytes / _MEGABYTE:,.0f} MB")

    def read_log(self, time: datetime) -> None:
        self._progress.update(self._task, description=f"reading the function's log: up to {time:%Y-%m-%d %H:%M:%S}")


@contextmanager
def search_progress() -> Iterator[SearchProgress]:
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield SearchProgress(progress)
