"""One call of the job for one object: its time, its first failure, and what is cleaned up after it."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from .failures import ObjectFailure, OutOfTime

if TYPE_CHECKING:
    from collections.abc import Callable


Failure = TypeVar("Failure", bound=ObjectFailure)


class Attempt(contextlib.ExitStack):
    """Remembers the first failed read or write, so that a job can't hide it by catching the exception.

    As a context manager, it closes what the job left open. `out_of_time` is true when nothing more should be begun.
    """

    def __init__(self, *, seconds_left: Callable[[], float], out_of_time: Callable[[], bool]) -> None:
        super().__init__()
        self.seconds_left = seconds_left
        self.failure: ObjectFailure | None = None
        self.out_of_time = out_of_time
        self._directory: Path | None = None

    def remember(self, failure: Failure) -> Failure:
        """`failure`, to be raised. The first one decides the outcome."""
        self.failure = self.failure or failure
        return failure

    def check_time(self, doing: str) -> None:
        """Raise OutOfTime if the deadline is near."""
        if self.out_of_time():
            raise self.remember(OutOfTime(f"the function's deadline was near while {doing}"))

    def directory(self) -> Path:
        """A directory of this attempt below the temp dir."""
        if self._directory is None:
            self._directory = Path(
                self.enter_context(tempfile.TemporaryDirectory(prefix="object-", ignore_cleanup_errors=True))
            )
        return self._directory
