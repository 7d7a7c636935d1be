"""`mapspan list` shows the runs of one environment or of all, and says which could not be read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from mapspan.checkout import CommandError
from mapspan.main import commands
from mapspan.results.runs.run_overview import RunOverview
from tests.fixtures.fake_states import refused
from tests.fixtures.listed_runs import ListedRuns, overview, run_summary


def run(*arguments: str) -> Any:
    return CliRunner().invoke(commands, arguments)


@pytest.fixture
def all_environments(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[RunOverview] | Exception]:
    """What reading each environment gives."""
    answers: dict[str, list[RunOverview] | Exception] = {}

    def recent_runs(environment: str, _limit: int) -> list[RunOverview]:
        answer = answers[environment]
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr("mapspan.running.list_command.environment_names", lambda: list(answers))
    monkeypatch.setattr("mapspan.deployment.find_deployment", lambda environment: environment)
    monkeypatch.setattr("mapspan.results.runs.recent_runs.recent_runs", recent_runs)
    return answers


def test_the_runs_of_an_environment_have_a_line_each(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = ListedRuns(monkeypatch)
    listed.add("night", summary=run_summary())
    listed.add("evening", "FAILED", error="InvalidInput", cause="why")
    done = run("list", "prod")
    head, night, evening = done.stdout.splitlines()
    assert head.split()[:3] == ["run", "status", "started"]
    assert night.split()[0] == "night"
    assert "97" in night.split()
    assert evening.split()[0] == "evening"
    assert evening.endswith("InvalidInput")
    objects = [json.loads(line) for line in run("list", "prod", "--json").stdout.splitlines()]
    assert [(each["event"], each["name"], each["error"]) for each in objects] == [
        ("execution", "night", None),
        ("execution", "evening", "InvalidInput"),
    ]


def test_only_as_many_as_the_limit_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = ListedRuns(monkeypatch)
    for name in ("night", "evening"):
        listed.add(name, summary=run_summary())
    assert len(run("list", "prod", "--limit", "1", "--json").stdout.splitlines()) == 1


def test_an_environment_without_runs_says_how_to_start_one(monkeypatch: pytest.MonkeyPatch) -> None:
    ListedRuns(monkeypatch)
    assert run("list", "prod").stdout == "prod has no executions yet: `mapspan run prod` starts one\n"
    assert run("list", "prod", "--json").stdout == ""


def test_without_an_environment_all_runs_are_shown_the_newest_first(
    all_environments: dict[str, list[RunOverview] | Exception],
) -> None:
    night, evening = overview("night"), overview("evening", environment="dev")
    all_environments |= {"dev": [evening], "prod": [night], "staging": []}
    done = run("list")
    assert done.exit_code == 0
    assert [line.split()[:2] for line in done.stdout.splitlines()] == [
        ["environment", "run"],
        ["dev", "evening"],
        ["prod", "night"],
    ]
    assert [json.loads(line)["environment"] for line in run("list", "--json").stdout.splitlines()] == ["dev", "prod"]


def test_an_environment_that_cannot_be_read_is_named_and_the_others_are_shown(
    all_environments: dict[str, list[RunOverview] | Exception],
) -> None:
    all_environments |= {
        "dev": refused("AccessDeniedException", "dev's\x1b[31m role"),
        "local": CommandError("no local cloud is running"),
        "prod": [overview("night")],
    }
    done = run("list")
    assert done.exit_code == 0
    assert "night" in done.stdout
    assert done.stderr.splitlines() == [
        "dev was not read: AWS denied access: dev's␛[31m role: check which account and role you are logged in to",
        "local was not read: no local cloud is running",
    ]
    first, second, third = (json.loads(line) for line in run("list", "--json").stdout.splitlines())
    assert (first["event"], first["environment"]) == ("unread", "dev")
    assert second["reason"] == "no local cloud is running"
    assert third["name"] == "night"


def test_it_is_an_error_if_no_environment_could_be_read(
    all_environments: dict[str, list[RunOverview] | Exception],
) -> None:
    all_environments["dev"] = CommandError("no local cloud is running")
    done = run("list")
    assert isinstance(done.exception, CommandError)
    assert "no environment could be read" in str(done.exception)


def test_a_bug_is_not_taken_for_an_environment_that_cannot_be_read(
    all_environments: dict[str, list[RunOverview] | Exception],
) -> None:
    all_environments["dev"] = ZeroDivisionError()
    assert isinstance(run("list").exception, ZeroDivisionError)
