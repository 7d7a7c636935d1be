"""A run with 1 % failing keys, watched at 80 columns and through a pipe: golden files, and no line against the ledger.

To write the golden files again, run this file with GOLDEN=write.
"""

from __future__ import annotations

import io
import json
import os
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from mapspan.running import progress_display
from mapspan.running.execution import Outcome
from mapspan.running.outcome_display import outcome_line
from mapspan.running.progress import Progress
from mapspan.running.watch import Watch
from tests.fixtures.batch_records import written_batch
from tests.fixtures.fake_s3 import FakeS3
from tests.fixtures.fake_states import EXECUTION, STARTED, FakeStates, counts

GOLDEN = Path(__file__).parent / "golden"
BATCHES, KEYS = 12, 100
LEDGER = {"listed": 1_200, "succeeded": 1_176, "skipped": 12, "failed": 12, "pending": 0}
DENIED = (
    "403: User: arn:aws:sts::111111111111:assumed-role/mapspan-local-process-objects/worker is not authorized to"
    " perform: s3:GetObject on resource: arn:aws:s3:::landing-zone/2026/orders/{number:05}.csv"
)
COUNT = re.compile(r"(succeeded|skipped|failed|pending) ([\d,]+)")


class WatchedRun(FakeStates):
    """Four batches more succeed at each poll; in each, one key fails and one is skipped."""

    def __init__(self) -> None:
        super().__init__(["RUNNING", "RUNNING", "RUNNING", "SUCCEEDED"])
        self.map_run = {"status": "RUNNING"}
        self._ended = -4

    def describe_map_run(self, *, mapRunArn: str) -> dict[str, Any]:  # noqa: N803 - boto3's name
        self._ended = min(BATCHES, self._ended + 4)
        left = BATCHES - self._ended
        running = min(2, left)
        self.children = {
            f"child:{batch}": {"status": "SUCCEEDED", "output": output(batch)} for batch in range(self._ended)
        }
        items, children = (
            counts(
                total=BATCHES * size,
                succeeded=self._ended * size,
                running=running * size,
                pending=(left - running) * size,
            )
            for size in (KEYS, 1)
        )
        self.map_run = {
            "status": "RUNNING" if left else "SUCCEEDED",
            "itemCounts": items,
            "executionCounts": children,
        }
        return super().describe_map_run(mapRunArn=mapRunArn)


def output(batch: int) -> str:
    outcomes: list[dict[str, Any]] = []
    for number in range(batch * KEYS, (batch + 1) * KEYS):
        key = f"2026/orders/{number:05}.csv"
        outcomes.append({"Key": key, "Outcome": "Succeeded", "Result": {}})
        if number % KEYS == 40:
            failure = {"Outcome": "Failed", "Error": "AccessDenied", "Cause": DENIED.format(number=number)}
            outcomes[-1] = {"Key": key, **failure}
        if number % KEYS == 41:
            outcomes[-1] = {"Key": key, "Outcome": "Skipped", "Reason": "empty"}
    return json.dumps(written_batch(outcomes, FakeS3()))


@pytest.fixture
def polls(monkeypatch: pytest.MonkeyPatch) -> list[Progress]:
    """The polls of the run, one in 25 seconds of a clock that the test moves."""
    now = STARTED.timestamp()
    monkeypatch.setattr("time.time", lambda: now)

    def sleep(_: float) -> None:
        nonlocal now
        now = (STARTED + timedelta(seconds=now - STARTED.timestamp() + 25)).timestamp()

    states: Any = WatchedRun()
    return list(Watch(states, EXECUTION, sleep=sleep).follow())


def at_a_terminal(polls: list[Progress], width: int) -> str:
    stream = io.StringIO()
    console = Console(file=stream, width=width, height=50, force_terminal=True, color_system=None, get_time=lambda: 0.0)
    for progress in polls:
        console.print(progress_display.frame(progress, console))
    return stream.getvalue() + ending(polls)


def through_a_pipe(polls: list[Progress], monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(progress_display, "_PLAIN_LINE_SECONDS", 0.0)
    stream = io.StringIO()
    progress_display.show(iter(polls), Console(file=stream))
    return stream.getvalue() + ending(polls)


def ending(polls: list[Progress]) -> str:
    summary = {"ledger": LEDGER}
    return (
        outcome_line(Outcome(status="SUCCEEDED", seconds=100, map_run_arns=("arn",), summary=summary), polls[-1]) + "\n"
    )


def compare(shown: str, name: str) -> None:
    path = GOLDEN / name
    if os.environ.get("GOLDEN") == "write":
        path.write_text(shown, encoding="utf-8")
    assert shown == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("width", [80, 200])
def test_a_terminal_shows_key_and_cause_within_its_width(polls: list[Progress], width: int) -> None:
    shown = at_a_terminal(polls, width)
    compare(shown, f"watch_{width}_columns.txt")
    lines = shown.splitlines()
    failures = [index for index, line in enumerate(lines) if "(AccessDenied, " in line]
    assert failures
    for index in failures:
        assert re.match(r"  2026/orders/\d{5}\.csv ", lines[index])
        assert re.match(r"    403: User: .*landing-zone/2026/orders/\d{5}\.csv$", lines[index + 1])
    assert all(len(line) <= width for line in shown.splitlines())


def test_a_pipe_gets_one_line_a_change_and_no_control_codes(
    polls: list[Progress], monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = through_a_pipe([polls[0], *polls, polls[-1]], monkeypatch)
    compare(shown, "watch_pipe.txt")
    assert "\x1b" not in shown
    assert "\r" not in shown
    assert sum(" s  " in line[:12] for line in shown.splitlines()) == len(polls)


def test_no_line_contradicts_the_ledger(polls: list[Progress], monkeypatch: pytest.MonkeyPatch) -> None:
    for shown in (at_a_terminal(polls, 80), at_a_terminal(polls, 40), through_a_pipe(polls, monkeypatch)):
        *lines, ledger = shown.splitlines()
        assert ledger == "ledger: listed 1,200 = succeeded 1,176 + skipped 12 + failed 12 + pending 0"
        for line in lines:
            for outcome, count in COUNT.findall(line):
                most = LEDGER["listed"] if outcome == "pending" else LEDGER[outcome]
                assert int(count.replace(",", "")) <= most, line
    assert polls[-1].keys.pending == 0
    assert {name: getattr(polls[-1].keys, name) for name in ("succeeded", "skipped", "failed")} == {
        name: LEDGER[name] for name in ("succeeded", "skipped", "failed")
    }
