"""Progress on a pipe is plain lines, and the last look is always shown."""

from __future__ import annotations

import io

from rich.console import Console

from mapspan.execution import Progress
from mapspan.progress_display import show

LISTING = Progress(status="RUNNING", seconds=1)
HALF = Progress(status="RUNNING", seconds=2, map_run_arn="arn", listed=1_000, pending=400, running=100, succeeded=500)
DONE = Progress(status="SUCCEEDED", seconds=4, map_run_arn="arn", listed=1_000, succeeded=997, failed=3)


def printed(*looks: Progress, terminal: bool = False) -> str:
    stream = io.StringIO()
    show(iter(looks), Console(file=stream, force_terminal=terminal, width=200))
    return stream.getvalue()


def test_a_pipe_gets_plain_lines_not_one_a_look() -> None:
    lines = printed(LISTING, *[HALF] * 50, DONE).splitlines()
    assert lines == [
        "    1 s  listing",
        "    4 s  listed 1,000  running 0  succeeded 997  failed 3  pending 0  250/s",
    ]


def test_a_single_look_is_shown_once() -> None:
    assert len(printed(DONE).splitlines()) == 1


def test_a_terminal_sees_the_counts() -> None:
    shown = printed(LISTING, HALF, DONE, terminal=True)
    assert "997" in shown
    assert "failed 3" in shown
