"""How long asking may take, and the cleanup at its end, which nothing interrupts."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from types import FrameType
from typing import Any, NoReturn

from mapspan.checkout import CommandError

Report = Callable[[str], None]


class TimeLimitError(CommandError):
    """Asking takes longer than it may."""


_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)


class Cleanup:
    """What to delete at the end, the newest first. A step that fails doesn't stop the others.

    Exposes `left`, which says what could not be deleted.
    """

    def __init__(self, report: Report) -> None:
        self.left: list[str] = []
        self._report = report
        self._steps: list[tuple[str, Callable[[], object]]] = []

    def later(self, what: str, step: Callable[[], object]) -> None:
        """Register a step before its resource is created, so that an interrupted creation is cleaned up too."""
        self._steps.append((what, step))

    def clean(self) -> None:
        """Run every step; Ctrl-C, SIGTERM and the time limit wait until it ends."""
        with _ignored_signals():
            while self._steps:
                what, step = self._steps.pop()
                self._report(f"deleting {what}")
                try:
                    step()
                except Exception as error:
                    self.left.append(f"{what}: {error}")


@contextlib.contextmanager
def limited(seconds: int) -> Iterator[None]:
    """End the block after `seconds`, and on SIGTERM, with an exception, so that its `finally` runs.

    Raises TimeLimitError at the limit, SystemExit on SIGTERM.
    """

    def expire(_number: int, _frame: FrameType | None) -> NoReturn:
        raise TimeLimitError(f"the limit of {seconds // 60} minutes has passed")

    def terminate(number: int, _frame: FrameType | None) -> NoReturn:
        sys.exit(128 + number)

    before = {number: signal.getsignal(number) for number in _SIGNALS}
    signal.signal(signal.SIGALRM, expire)
    signal.signal(signal.SIGTERM, terminate)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        _install(before)


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Ctrl-C, SIGTERM and the time limit wait until the block ends: a killed Terraform would lose its state.

    A Ctrl-C in a terminal reaches Terraform itself, which then stops in good order.
    """
    waiting: list[int] = []
    before = {number: signal.signal(number, lambda number, _: waiting.append(number)) for number in _SIGNALS}
    try:
        yield
    finally:
        _install(before)
        for number in waiting[:1]:
            signal.raise_signal(number)


@contextlib.contextmanager
def _ignored_signals() -> Iterator[None]:
    before = {number: signal.signal(number, signal.SIG_IGN) for number in _SIGNALS}
    try:
        yield
    finally:
        _install(before)


def _install(handlers: Mapping[signal.Signals, Any]) -> None:
    for number, handler in handlers.items():
        signal.signal(number, handler)
