"""`mapspan report` takes a run or `--last`, and writes a page of either."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mapspan.checkout import CommandError
from mapspan.main import commands
from mapspan.running.seen_runs import seen_runs
from tests.fixtures.listed_runs import ListedRuns, run_summary


@pytest.mark.parametrize(
    ("arguments", "words"),
    [([], "neither is given"), (["night", "--last", "30"], "both are given")],
)
def test_it_needs_a_run_or_a_number_of_runs(arguments: list[str], words: str) -> None:
    done = CliRunner().invoke(commands, ["report", "prod", *arguments])
    assert isinstance(done.exception, CommandError)
    assert "`mapspan list prod`" in str(done.exception)
    assert words in str(done.exception)


def test_the_last_runs_are_shown_as_text_as_json_and_as_a_page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    listed = ListedRuns(monkeypatch)
    listed.add("night", summary=run_summary())
    page = tmp_path / "morning.html"
    done = CliRunner().invoke(commands, ["report", "prod", "--last", "30", "--html", str(page)])
    assert done.exit_code == 0
    assert done.stdout.startswith("prod: the last run  1 SUCCEEDED\n")
    assert done.stdout.endswith(f"written   {page}\n")
    assert "<h1>prod: the last run</h1>" in page.read_text(encoding="utf-8")
    assert seen_runs("prod") == ["night"]
    (as_json,) = CliRunner().invoke(commands, ["report", "prod", "--last", "30", "--json"]).stdout.splitlines()
    assert json.loads(as_json)["totals"]["listed"] == 100


def test_a_page_that_cannot_be_written_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ListedRuns(monkeypatch)
    done = CliRunner().invoke(commands, ["report", "prod", "--last", "3", "--html", str(tmp_path / "no" / "a.html")])
    assert isinstance(done.exception, CommandError)
    assert "can't be written" in str(done.exception)
