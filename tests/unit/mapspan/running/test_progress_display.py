"""Progress is shown as live lines, plain lines or JSON; the last poll and every problem are always shown."""

from __future__ import annotations

import io
import json
from dataclasses import replace

from rich.console import Console

from mapspan.running.progress import FailedKeys, Progress, Sample
from mapspan.running.progress_display import show

LISTING = Progress(status="RUNNING", phase="listing", seconds=1, listed=4_000)
HALF = Progress(
    status="RUNNING",
    phase="processing",
    seconds=2,
    map_run_arn="arn",
    listed=1_000,
    pending=400,
    running=100,
    succeeded=500,
    rate=250.0,
    children={"running": 1, "succeeded": 5, "timed_out": 0},
)
DONE = replace(HALF, status="SUCCEEDED", phase="ended", seconds=4, pending=0, running=0, succeeded=997, failed=3)


def printed(*polls: Progress, terminal: bool = False, as_json: bool = False) -> str:
    stream = io.StringIO()
    show(iter(polls), Console(file=stream, force_terminal=terminal, width=200), as_json=as_json)
    return stream.getvalue()


def test_a_pipe_gets_fewer_plain_lines_than_polls() -> None:
    assert printed(LISTING, *[HALF] * 50, DONE).splitlines() == [
        "    1 s  listing  listed 4,000",
        "    2 s  processing  listed 1,000  running 100  succeeded 500  failed 0  pending 400  250/s"
        "  2 s left  (children: 1 running, 5 succeeded)",
        "    4 s  ended  listed 1,000  running 0  succeeded 997  failed 3  pending 0  250/s"
        "  (children: 1 running, 5 succeeded)",
    ]


def test_a_single_poll_is_shown_once_and_returned() -> None:
    stream = io.StringIO()
    assert show(iter([DONE]), Console(file=stream)) is DONE
    assert len(stream.getvalue().splitlines()) == 1


def test_trouble_and_causes_are_shown_immediately_and_as_plain_text() -> None:
    failing = replace(HALF, failures=(FailedKeys(error="ProcessorFailed", keys=100, example="[red]broken[/red]"),))
    lines = printed(HALF, replace(failing, trouble="AWS can't be reached"), HALF).splitlines()
    assert lines[2:4] == [
        "         failed with ProcessorFailed: 100 keys, such as: [red]broken[/red]",
        "         AWS can't be reached",
    ]


def test_skipped_keys_of_the_sample_are_shown() -> None:
    lines = printed(replace(HALF, sample=Sample(keys=200, skipped=3))).splitlines()
    assert lines[1:] == ["         skipped: 3 of 200 keys read so far"]


def test_hidden_characters_of_a_cause_are_shown() -> None:
    hostile = FailedKeys(error="ProcessorFailed", keys=1, example="\x1b[31m")
    for terminal in (True, False):
        assert "such as: ␛[31m" in printed(replace(HALF, failures=(hostile,)), terminal=terminal)


def test_json_is_one_object_per_poll() -> None:
    lines = [json.loads(line) for line in printed(LISTING, HALF, DONE, as_json=True).splitlines()]
    assert [line["phase"] for line in lines] == ["listing", "processing", "ended"]
    assert lines[1]["backlog"] == 500
    assert lines[1]["seconds_left"] == 2
    assert lines[2]["seconds_left"] is None


def test_a_terminal_shows_the_counts() -> None:
    shown = printed(LISTING, HALF, DONE, terminal=True)
    assert "succeeded 997" in shown
    assert "failed 3" in shown
