"""Drift: its exit codes and its review, tested with a terraform that has prepared answers."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from environments.files import load
from mapspan.checkout import CommandError
from mapspan.deploying import drift
from mapspan.deploying.saved_plan import SavedPlan
from mapspan.deployment import Deployment
from mapspan.main import commands
from mapspan.review import review
from tests.fixtures.fake_terraform import UNCHANGED, put_terraform
from tests.fixtures.kept_plan import keep
from tests.fixtures.recorded_plans import recorded_plan
from tests.fixtures.synthesized_stack import synthesize

CHANGED_POLICY = "aws_s3_bucket_policy.source_access_bucket_policy"


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    directory = tmp_path / "local"
    synthesize(directory)
    put_terraform(tmp_path, monkeypatch)
    monkeypatch.setattr(drift, "synthesize", lambda _: None)
    monkeypatch.setattr(drift, "stack_directory", lambda _: directory)
    deployment = Deployment(environment=load("local"), local_cloud_url="http://127.0.0.1:1")
    monkeypatch.setattr(drift, "find_deployment", lambda _: deployment)
    return directory


def typed(*arguments: str) -> Result:
    return CliRunner().invoke(commands, ["drift", "local", *arguments])


def test_without_changes_the_exit_code_is_0(stack: Path) -> None:  # noqa: ARG001 - the fixture is the terraform
    done = typed()
    assert (done.exit_code, done.stdout) == (0, "")
    assert "local has not drifted" in done.stderr


def drifted(stack: Path) -> None:
    """Let a plan find a bucket policy that was changed by hand."""
    plan: dict[str, Any] = recorded_plan("widened")
    entry = next(change for change in plan["resource_changes"] if change["address"] == CHANGED_POLICY)
    before = entry["change"]["before"]
    plan["resource_drift"] = [{**entry, "change": {"before": before | {"policy": "{}"}, "after": before}}]
    (stack.parent / "plan.json").write_text(json.dumps(plan))


def test_with_changes_the_exit_code_is_4_and_the_review_shows_them(stack: Path, tmp_path: Path) -> None:
    drifted(stack)
    reviewed = keep(SavedPlan(stack))
    output = tmp_path / "drift.md"
    done = typed("--output", str(output))
    assert done.exit_code == 4
    assert "local has drifted: what is deployed differs from environments/local.toml and the code" in done.stderr
    assert f"changed outside of terraform: {CHANGED_POLICY}" in done.stderr
    assert CHANGED_POLICY in output.read_text()
    reviewed.check()


@pytest.mark.parametrize("variable", ["TF_CLI_ARGS", "TF_CLI_ARGS_plan"])
@pytest.mark.parametrize("argument", ["-refresh=false", "-target=aws_sns_topic.other"])
def test_arguments_in_the_environment_hide_no_drift(
    stack: Path, monkeypatch: pytest.MonkeyPatch, variable: str, argument: str
) -> None:
    drifted(stack)
    monkeypatch.setenv(variable, argument)
    done = typed()
    assert done.exit_code == 4
    assert f"mapspan: ignoring {variable}: mapspan's plans are whole and refreshed" in done.stderr


def test_a_plan_that_is_not_complete_never_counts_as_no_drift(stack: Path) -> None:
    (stack.parent / "unchanged.json").write_text(UNCHANGED.replace("true", "false"))
    done = typed()
    assert isinstance(done.exception, CommandError)
    assert "whether local has drifted is not known: terraform's plan is not complete" in str(done.exception)


def test_a_failed_plan_is_an_error_and_not_drift(stack: Path) -> None:
    (stack.parent / "denied").touch()
    assert isinstance(typed().exception, CommandError)


def test_an_output_that_cannot_be_written_is_an_error_and_not_drift(stack: Path, tmp_path: Path) -> None:
    drifted(stack)
    done = typed("--output", str(tmp_path / "nowhere" / "review.md"))
    assert isinstance(done.exception, CommandError)
    assert "--output: " in str(done.exception)
    assert "can't be written" in str(done.exception)


def test_a_full_disk_behind_stdout_is_an_error_and_not_drift(stack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drifted(stack)
    with Path("/dev/full").open("w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        with pytest.raises(CommandError, match="can't be written to stdout: No space left on device"):
            drift.show_drift("local", None, None)


def test_a_review_that_crashes_is_not_drift(stack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drifted(stack)
    monkeypatch.setattr(review, "chapters", crash)
    assert isinstance(typed().exception, ZeroDivisionError)


def crash(*_: object) -> None:
    raise ZeroDivisionError
