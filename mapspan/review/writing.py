"""Writes text where a command was asked to write it: all of it, or an error."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

from mapspan.checkout import CommandError


def write_file(text: str, option: str, file: Path) -> None:
    """Write a file that a command's option names.

    Raises:
        CommandError: it can't be written.
    """
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{option}: {file} can't be written: {error.strerror}") from error


def write_stdout(text: str) -> None:
    """Write on stdout, through to the file or program behind it.

    Raises:
        CommandError: it can't be written: the disk is full, the reader is gone, or stdout is closed.
    """
    if sys.stdout is None:  # how Python shows a descriptor that was closed before it started
        raise CommandError("the review can't be written: stdout is closed")
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        _ignore_stdout()
        raise CommandError(f"the review can't be written to stdout: {error.strerror}") from error


def _ignore_stdout() -> None:
    """Discard what stdout still holds: the interpreter would write it again at its end, and fail with exit code 120.

    https://docs.python.org/3/library/signal.html#note-on-sigpipe
    """
    with contextlib.suppress(OSError):  # a stdout that isn't a descriptor has nothing to write at the end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
