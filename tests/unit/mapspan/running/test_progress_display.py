"""Progress is shown as live lines, plain lines or JSON; the last poll and every problem are always shown."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest
from rich.cells import cell_len
from rich.console import Console

from mapspan.running.progress import FailedKeys, ItemCounts, KeyCounts, Progress
from mapspan.running.progress_display import frame, show

LISTING = Progress(status="RUNNING", phase="listing", seconds=1, listed=4_000)
HALF = Progress(
    status="RUNNING",
    phase="processing",
    seconds=2,
    map_run_arns=("arn",),
    keys=KeyCounts(batches=5, ended_batches=5, succeeded=500, pending=500),
    items=ItemCounts(total=1_000, pending=400, running=100, succeeded=500),
    rate=250.0,
    children={"running": 1, "succeeded": 5, "timed_out": 0},
)
DONE = replace(
    HALF,
    status="SUCCEEDED",
    phase="ended",
    seconds=4,
    keys=KeyCounts(batches=10, ended_batches=10, succeeded=997, failed=3, pending=0),
    items=ItemCounts(total=1_000, succeeded=1_000),
)


def printed(*polls: Progress, terminal: bool = False, as_json: bool = False) -> str:
    stream = io.StringIO()
    show(iter(polls), Console(file=stream, force_terminal=terminal, width=200), as_json=as_json)
    return stream.getvalue()


def test_a_pipe_gets_one_line_a_change() -> None:
    assert printed(LISTING, *[HALF] * 50, DONE).splitlines() == [
        "    1 s  listing  listed 4,000",
        "    2 s  processing  keys:  succeeded 500  skipped 0  failed 0  pending 500  250 items/s  2 s left"
        "  (Step Functions: items 500 ended, 100 running, 400 pending; children 1 running, 5 succeeded)",
        "    4 s  ended  keys:  succeeded 997  skipped 0  failed 3  pending 0  250 items/s"
        "  (Step Functions: items 1,000 ended; children 1 running, 5 succeeded)",
    ]


def test_a_single_poll_is_shown_once_and_returned() -> None:
    stream = io.StringIO()
    assert show(iter([DONE]), Console(file=stream)) is DONE
    assert len(stream.getvalue().splitlines()) == 1


def test_trouble_and_causes_are_shown_immediately_and_as_plain_text() -> None:
    broken = FailedKeys(error="ProcessorFailed", keys=100, key="2026/a", cause="[red]broken[/red]")
    failing = replace(HALF, failures=(broken,))
    lines = printed(HALF, replace(failing, trouble="AWS can't be reached"), HALF).splitlines()
    assert lines[2:4] == [
        "         2026/a: [red]broken[/red] (ProcessorFailed, at least 100 keys)",
        "         AWS can't be reached",
    ]


def test_hidden_characters_of_a_key_and_a_cause_are_shown() -> None:
    hostile = FailedKeys(error="ProcessorFailed", keys=1, key="a\nb", cause="\x1b[31m")
    for terminal in (True, False):
        assert "a␊b: ␛[31m (" in printed(replace(HALF, failures=(hostile,)), terminal=terminal)


def test_a_stream_that_lacks_a_character_gets_an_escape() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
    failing = FailedKeys(error="ProcessorFailed", keys=1, key="2026/東京.csv", cause="x" * 300)
    polls = [replace(HALF, failures=(failing,))]
    show(iter(polls), Console(file=stream))
    show(iter(polls), Console(file=stream, force_terminal=True, width=80))
    stream.seek(0)
    assert "2026/\\u6771\\u4eac.csv: x" in stream.read()


@pytest.mark.parametrize("width", [20, 40, 60, 80, 120, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    denied = FailedKeys(error="AccessDenied" * 4, keys=27, key="2026/東京/" * 20, cause="403: not authorized " * 20)
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=width, no_color=True, color_system=None)
    for progress in (LISTING, replace(HALF, failures=(denied,), trouble="AWS can't be reached " * 9), DONE):
        console.print(frame(progress, console))
    for line in stream.getvalue().splitlines():
        assert cell_len(line) <= width, line


def test_json_is_one_object_per_poll() -> None:
    lines = [json.loads(line) for line in printed(LISTING, HALF, DONE, as_json=True).splitlines()]
    assert [line["phase"] for line in lines] == ["listing", "processing", "ended"]
    assert lines[1]["keys"]["succeeded"] == lines[1]["items"]["succeeded"] == 500
    assert lines[1]["seconds_left"] == 2
    assert lines[2]["seconds_left"] is None


def test_a_terminal_shows_the_counts() -> None:
    shown = printed(LISTING, HALF, DONE, terminal=True)
    assert "succeeded 997" in shown
    assert "failed 3" in shown
