"""The table of runs fits any width: it leaves columns out, and cuts a name only at the very end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from mapspan.results.runs.run_overview import RunOverview
from mapspan.results.runs.run_table import run_lines
from mapspan.running.terminal_lines import TerminalLines
from tests.fixtures.listed_runs import LEDGER, STARTED, overview

JANE = "arn:aws:sts::111111111111:assumed-role/Operator/jane@example.com"
UUID = "3a902931-cd44-7e35-b8b6-d8fe442e3d43"


def table(*runs: RunOverview, width: int | None = None, **options: Any) -> list[str]:
    return list(run_lines(runs, TerminalLines(width=width), **options))


def test_a_pipe_has_every_column() -> None:
    running = overview("b", status="RUNNING", ledger=None, seen=None, usd=None, started_by=None, seconds=7.0)
    assert table(overview("a", redrives=1, started_by=JANE), running) == [
        "run  status                   started                 took  seen  listed  processed  failed   cost"
        "  started by",
        "a    SUCCEEDED (redriven 1x)  2026-11-21 02:00  3 min 00 s   120     100         97       3  $0.25"
        "  Operator/jane@example.com",
        "b    RUNNING                  2026-11-21 02:00         7 s     -       -          -       -      -  unknown",
    ]


def test_the_error_has_a_column_where_a_run_has_one() -> None:
    head, first, second = table(overview(), overview("evening", status="FAILED", ledger=None, error="InvalidInput"))
    assert head.endswith("  error")
    assert second.endswith("  InvalidInput")
    assert first.endswith("  schedule")


def test_all_environments_have_a_column_with_their_name() -> None:
    head, line = table(overview(environment="staging"), environments=True)
    assert (head.split()[:2], line.split()[:2]) == (["environment", "run"], ["staging", "night"])


@pytest.mark.parametrize(
    ("width", "titles"),
    [
        (200, "run status started took seen listed processed failed cost started by"),
        (120, "run status started took processed failed cost started by"),
        (100, "run status started took processed failed cost"),
        (80, "run status started processed failed"),
        (60, "run status failed"),
        (50, "run status"),
    ],
)
def test_a_narrower_terminal_has_fewer_columns_and_whole_names(width: int, titles: str) -> None:
    ledger = {**LEDGER, "listed": 1_000_000, "succeeded": 999_995}
    head, line = table(overview(UUID, ledger=ledger, seen=12_000_000, started_by=JANE), width=width)
    assert " ".join(head.split()) == titles
    assert line.startswith(UUID)


def test_a_name_is_cut_in_its_middle_where_nothing_else_is_left_to_cut() -> None:
    assert table(overview(UUID), width=30) == ["run                  status", "3a902931-…e442e3d43  SUCCEEDED"]


# Without unassigned and private characters, which Python calls unprintable.
texts = st.text(st.characters(exclude_categories=["Cs", "Cn", "Co"]), min_size=1, max_size=40)
overviews = st.builds(
    overview,
    st.from_regex(r"[0-9A-Za-z_-]{1,80}", fullmatch=True),
    environment=st.from_regex(r"[a-z0-9-]{1,22}", fullmatch=True),
    status=st.sampled_from(["RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED", "PENDING_REDRIVE"]),
    started=st.integers(0, 10**6).map(lambda minutes: STARTED - timedelta(minutes=minutes)),
    seconds=st.floats(0, 10**7),
    redrives=st.integers(0, 1000),
    ledger=st.none() | st.fixed_dictionaries(dict.fromkeys(LEDGER, st.integers(0, 10**11))),
    seen=st.none() | st.integers(0, 10**11),
    usd=st.none() | st.floats(0, 10**6),
    started_by=st.none() | texts,
    error=st.none() | texts,
)


@given(st.lists(overviews, max_size=4), st.integers(20, 250), st.booleans(), st.sampled_from(["utf-8", "cp1252"]))
def test_every_line_fits_and_says_nothing_that_a_terminal_obeys(
    runs: list[RunOverview], width: int, environments: bool, encoding: str
) -> None:
    lines = list(run_lines(runs, TerminalLines(width=width, encoding=encoding), environments=environments))
    assert len(lines) == 1 + len(runs)
    for line in lines:
        assert cell_len(line) <= max(width, 8 + 2 + len("PENDING_REDRIVE"))
        assert line.isprintable()
        line.encode(encoding)
    for line, run in zip(lines[1:], runs, strict=True):
        assert run.status in line


@pytest.mark.parametrize(
    ("started_by", "starter"),
    [
        (None, None),
        ("schedule", "schedule"),
        (JANE, "Operator/jane@example.com"),
        ("arn:aws:iam::111111111111:user/team/jane", "jane"),
        ("arn:aws:iam::111111111111:user/jane", "jane"),
        ("arn:aws:iam::111111111111:root", "root"),
        ("arn:", "arn:"),
    ],
)
def test_who_started_a_run_is_shown_as_people_name_themselves(started_by: str | None, starter: str | None) -> None:
    assert overview(started_by=started_by).starter == starter
