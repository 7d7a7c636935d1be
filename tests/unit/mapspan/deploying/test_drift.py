"""Drift: its exit codes and its review, tested with a terraform that has prepared answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from environments.files import load
from mapspan.checkout import CommandError
from mapspan.deploying import drift_command
from mapspan.deploying.saved_plan import SavedPlan
from mapspan.deployment import Deployment
from mapspan.main import commands
from tests.fixtures.recorded_plans import recorded_plan
from tests.fixtures.synthesized_stack import synthesize

CHANGED_POLICY = "aws_s3_bucket_policy.source_access_bucket_policy"


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    directory = tmp_path / "local"
    synthesize(directory)
    terraform = tmp_path / "terraform"
    terraform.write_text(
        "#!/bin/sh\n"
        'case "$1" in\n'
        "  version) echo Terraform v1.11.4;;\n"
        "  plan) test -f ../denied && { echo AccessDenied >&2; exit 1; }; test -f ../plan.json && exit 2; exit 0;;\n"
        "  show) cat ../plan.json;;\n"
        "esac\n"
    )
    terraform.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    monkeypatch.setattr(drift_command, "synthesize", lambda _: None)
    monkeypatch.setattr(drift_command, "stack_directory", lambda _: directory)
    deployment = Deployment(environment=load("local"), local_cloud_url="http://127.0.0.1:1")
    monkeypatch.setattr(drift_command, "find_deployment", lambda _: deployment)
    return directory


def typed(*arguments: str) -> Result:
    return CliRunner().invoke(commands, ["drift", "local", *arguments])


def test_without_changes_the_exit_code_is_0(stack: Path) -> None:  # noqa: ARG001 - the fixture is the terraform
    done = typed()
    assert (done.exit_code, done.stdout) == (0, "")
    assert "local has not drifted" in done.stderr


def test_with_changes_the_exit_code_is_4_and_the_review_shows_them(stack: Path, tmp_path: Path) -> None:
    plan: dict[str, Any] = recorded_plan("widened")
    entry = next(change for change in plan["resource_changes"] if change["address"] == CHANGED_POLICY)
    before = entry["change"]["before"]
    plan["resource_drift"] = [{**entry, "change": {"before": before | {"policy": "{}"}, "after": before}}]
    (stack.parent / "plan.json").write_text(json.dumps(plan))
    reviewed = SavedPlan(stack)
    reviewed.file.write_bytes(b"reviewed")
    reviewed.save()
    output = tmp_path / "drift.md"
    done = typed("--output", str(output))
    assert done.exit_code == 4
    assert "local has drifted: what is deployed differs from environments/local.toml and the code" in done.stderr
    assert f"changed outside of terraform: {CHANGED_POLICY}" in done.stderr
    assert CHANGED_POLICY in output.read_text()
    reviewed.check()


def test_a_failed_plan_is_an_error_and_not_drift(stack: Path) -> None:
    (stack.parent / "denied").touch()
    assert isinstance(typed().exception, CommandError)


def test_an_output_that_cannot_be_written_is_an_error(stack: Path, tmp_path: Path) -> None:
    (stack.parent / "plan.json").write_text(json.dumps(recorded_plan("widened")))
    done = typed("--output", str(tmp_path / "nowhere" / "review.md"))
    assert isinstance(done.exception, CommandError)
    assert "--output: " in str(done.exception)
    assert "can't be written" in str(done.exception)
