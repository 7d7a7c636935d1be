"""The progress of an export: a bar on a terminal, a line every few seconds on a pipe."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

_LINE_SECONDS = 5.0
_KEYS_PER_LOOK = 2_000


class ExportProgress:
    """Counts keys. Use it as a context manager; `begin` starts each stage."""

    def __init__(self, console: Console, *, line_seconds: float = _LINE_SECONDS) -> None:
        self._console = console
        self._line_seconds = line_seconds
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._bar = Progress(*columns, console=console, disable=not console.is_terminal, transient=True)
        self._task = self._bar.add_task("", total=None)
        self._stage, self._total = "", 0
        self._shown = time.monotonic()

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._bar.stop()

    def begin(self, stage: str, total: int) -> None:
        """Begin a stage of `total` keys; 0 if it is unknown."""
        self._stage, self._total = stage, total
        self._bar.reset(self._task, description=stage, total=total or None)

    def look(self, keys: int) -> None:
        """`keys` of this stage are done. Shows it now and then, so it can be called for each key."""
        if keys % _KEYS_PER_LOOK:
            return
        if self._console.is_terminal:
            self._bar.update(self._task, completed=keys)
        elif time.monotonic() - self._shown >= self._line_seconds:
            self._shown = time.monotonic()
            total = f" of {self._total:,}" if self._total else ""
            self._console.print(f"{self._stage}: {keys:,}{total} keys", highlight=False, soft_wrap=True)
