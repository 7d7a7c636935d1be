"""`make test-aws` before it creates anything."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.aws import __main__ as command
from tests.aws.accounts import Accounts
from tests.aws.bench import MapOutcome
from tests.aws.pipeline import make_destroyable
from tests.aws.questions.dispatch_rate import children_a_second
from tests.aws.session import Outcome


@pytest.mark.parametrize("given", [None, "MAPSPAN_TARGET_PROFILE", "MAPSPAN_SOURCE_PROFILE"])
def test_without_two_profiles_one_sentence_says_what_is_needed(
    given: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("MAPSPAN_TARGET_PROFILE", "MAPSPAN_SOURCE_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    if given:
        monkeypatch.setenv(given, "sandbox")
    monkeypatch.setattr("sys.argv", ["test-aws", "--yes"])
    with pytest.raises(SystemExit) as ended:
        command.app()
    assert ended.value.code == (
        "test-aws: two profiles of AWS accounts are needed: set MAPSPAN_TARGET_PROFILE and MAPSPAN_SOURCE_PROFILE,"
        " or ask the local cloud with `make test-aws ARGS=--local`"
    )


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The names of the questions of each call, which are not asked."""
    calls: list[list[str]] = []

    def ask(_: Accounts, questions: Any, **_options: Any) -> Outcome:
        calls.append([question.name for question in questions])
        return Outcome()

    for name in ("MAPSPAN_TARGET_PROFILE", "MAPSPAN_SOURCE_PROFILE"):
        monkeypatch.setenv(name, "sandbox")
    monkeypatch.setattr("os.environ", dict(os.environ))
    accounts = Accounts.of_local_cloud("http://127.0.0.1:1")
    monkeypatch.setattr(Accounts, "of_profiles", lambda *_: accounts)
    monkeypatch.setattr(command, "ask", ask)
    return calls


def test_without_consent_nothing_starts(asked: list[list[str]]) -> None:
    done = CliRunner().invoke(command.commands, [], input="n\n")
    assert "Costs at most $" in done.stdout
    assert (done.exit_code, asked) == (1, [])


def test_dispatch_rates_and_the_inventory_are_asked_only_on_request(asked: list[list[str]]) -> None:
    for options in ([], ["--dispatch"], ["--inventory"]):
        CliRunner().invoke(command.commands, ["--yes", *options])
    always, dispatch, inventory = (set(names) for names in asked)
    assert dispatch - always == {"dispatch_rate"}
    assert inventory - always == {"inventory_keys"}


def test_terraform_may_destroy_the_buckets_of_the_environment(tmp_path: Path) -> None:
    stack = tmp_path / "cdk.tf.json"
    bucket = {"bucket": "runs", "lifecycle": {"prevent_destroy": True}}
    stack.write_text(json.dumps({"resource": {"aws_s3_bucket": {"runs": bucket}, "aws_iam_role": {"role": {}}}}))
    make_destroyable(stack)
    assert "prevent_destroy" not in stack.read_text()


def test_a_rate_is_the_children_of_a_map_run_by_its_seconds() -> None:
    start = datetime(2026, 11, 20, tzinfo=UTC)
    map_run = {
        "status": "SUCCEEDED",
        "startDate": start,
        "stopDate": start + timedelta(seconds=50),
        "executionCounts": {"total": 5_000},
    }
    assert children_a_second(MapOutcome(status="SUCCEEDED", map_run=map_run)) == 100.0
    assert children_a_second(MapOutcome(status="FAILED", map_run={**map_run, "status": "FAILED"})) is None
    assert children_a_second(MapOutcome(status="FAILED")) is None
