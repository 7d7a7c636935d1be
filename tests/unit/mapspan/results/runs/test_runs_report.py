"""The report of the last runs: what they add up to, how it changes, and which failures come back."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from mapspan.results.runs.runs_display import report_lines, sparkline
from mapspan.results.runs.runs_report import RunsReport, Trend, read_runs_report
from mapspan.running.terminal_lines import TerminalLines
from tests.fixtures.listed_runs import CLEAN, DEAD, FIVE, NEWEST, OLDEST, ListedRuns, days_before, report, run_summary


def text(shown: RunsReport, width: int | None = None, encoding: str = "utf-8") -> list[str]:
    return list(report_lines(shown, TerminalLines(width=width, encoding=encoding)))


def test_runs_are_added_up() -> None:
    assert FIVE.totals == {"listed": 300, "succeeded": 285, "skipped": 6, "failed": 4, "pending": 2}
    assert FIVE.statuses == {"SUCCEEDED": 2, "RUNNING": 1, "ABORTED": 1, "FAILED": 1}
    assert FIVE.usd == 2.0
    assert FIVE.cost_terms == "at most for the 3 of 5 runs whose cost is known"


def test_a_failure_is_counted_over_all_runs_with_the_newest_that_has_it() -> None:
    assert [(each.error, each.keys, each.runs, each.last_run.name) for each in FIVE.failures] == [
        ("AccessDenied", 3, 2, "failing"),
        ("ProcessorFailed", 1, 1, "failing"),
    ]


def test_a_trend_goes_from_the_oldest_to_the_newest_run_that_has_ended() -> None:
    processed, failed, took, cost = FIVE.trends
    assert processed.values == [97, 97, None, 97]
    assert failed.values == [3, 3, None, 0]
    assert took.values == [180, 180, 180, 60]
    assert cost.values == [0.25, 1.5, None, 0.25]
    assert [trend.words for trend in FIVE.trends] == [
        ["97 each"],
        ["0 to 3", "last 0"],
        ["1 min 00 s to 3 min 00 s", "last 1 min 00 s"],
        ["$0.25 to $1.50", "last $0.25"],
    ]
    assert {tuple(trend.words) for trend in report(NEWEST).trends} == {("unknown",)}
    assert report(DEAD, OLDEST).trends[0].words == ["97 each", "last unknown"]


def test_the_next_command_is_about_the_newest_run_that_has_ended() -> None:
    assert FIVE.next_command is None, "the newest that ended is clean"
    assert report(NEWEST, DEAD, CLEAN).next_command == "mapspan report prod dead"
    assert report(OLDEST, CLEAN).next_command == "mapspan report prod oldest", "it succeeded and left keys"
    assert report().next_command is report(NEWEST).next_command is None


def test_the_terminal_shows_a_table_and_trends() -> None:
    lines = text(FIVE)
    assert lines[0] == "prod: the last 5 runs  2 SUCCEEDED  1 RUNNING  1 ABORTED  1 FAILED"
    assert [line.split()[0] for line in lines[3:8]] == ["newest", "clean", "dead", "failing", "oldest"]
    assert lines[9:] == [
        "processed  ██·█  97 each",
        "failed     ██·▁  0 to 3  last 0",
        "took       ███▄  1 min 00 s to 3 min 00 s  last 1 min 00 s",
        "cost       ▃█·▃  $0.25 to $1.50  last $0.25",
        "in total   $2.00  at most for the 3 of 5 runs whose cost is known",
        "failures   3 x AccessDenied  in 2 runs  last in failing",
        "failures   1 x ProcessorFailed  in failing",
    ]
    assert text(report(OLDEST))[-1] == "next       mapspan report prod oldest"


def test_an_environment_without_runs_says_how_to_start_one() -> None:
    assert text(report()) == ["prod has no executions yet: `mapspan run prod` starts one"]


def test_a_terminal_without_block_characters_has_the_words_alone() -> None:
    lines = text(FIVE, encoding="cp1252")
    assert "failed     0 to 3  last 0" in lines
    assert not any("\\u" in line for line in lines)


def test_only_zero_has_the_lowest_column() -> None:
    assert sparkline([0, 1, 10**9, None, 5 * 10**8], TerminalLines()) == "▁▂█·▅"
    assert sparkline([0, 0], TerminalLines()) == "▁▁"
    assert sparkline([], TerminalLines()) == ""


def test_a_narrow_terminal_shows_the_newest_columns() -> None:
    assert sparkline([*[0] * 50, 1], TerminalLines(width=20)) == "▁▁▁▁▁▁▁▁█"


values = st.lists(st.none() | st.floats(0, 1e12) | st.integers(0, 10**12), min_size=1, max_size=100)


@given(values, st.integers(20, 200))
def test_every_trend_has_a_column_for_each_value_and_words(numbers: list[float | None], width: int) -> None:
    line = sparkline(numbers, TerminalLines())
    assert len(line) == len(numbers)
    assert [mark == "·" for mark in line] == [value is None for value in numbers]
    assert cell_len(sparkline(numbers, TerminalLines(width=width))) <= width
    assert Trend(title="cost", values=numbers, text=str).words


@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_all_but_the_command_to_copy_fits(width: int) -> None:
    runs = [days_before(number, f"{number}" * 36, failures={"A" * 100: 1}) for number in range(9)]
    *lines, command = text(report(*runs), width)
    assert command == f"next       mapspan report prod {'0' * 36}"
    assert max(map(cell_len, lines)) <= width


def test_names_of_errors_and_people_say_nothing_to_the_terminal() -> None:
    nasty = days_before(0, "night", failures={"\x1b[31mred": 1}, started_by="\u202ejane", error="\x07", status="FAILED")
    assert all(line.isprintable() for line in text(report(nasty)))


def test_the_json_has_the_totals_and_every_run() -> None:
    as_json = json.loads(json.dumps(FIVE.as_json()))
    assert as_json["totals"]["listed"] == 300
    assert as_json["usd"] == 2.0
    assert as_json["failures"][0] == {"error": "AccessDenied", "keys": 3, "runs": 2, "last_run": "failing"}
    assert [run["name"] for run in as_json["runs"]] == ["newest", "clean", "dead", "failing", "oldest"]


def test_the_report_reads_as_many_runs_as_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = ListedRuns(monkeypatch)
    for name in ("third", "second", "first"):
        listed.add(name, summary=run_summary())
    read = read_runs_report(listed.deployment, 2)
    assert (read.environment, [run.name for run in read.runs], read.local) == ("prod", ["third", "second"], False)
