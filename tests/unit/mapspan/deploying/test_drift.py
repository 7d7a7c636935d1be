"""Drift: its exit codes and its review, by a terraform that has its answers ready."""

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
from tests.fixtures import recorded_plans as recorded
from tests.unit.mapspan.deploying.test_saved_plan import synthesize

BY_HAND = "aws_s3_bucket_policy.source_access_bucket_policy"


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


def test_what_is_deployed_as_it_is_written_has_none(stack: Path) -> None:  # noqa: ARG001 - the fixture is the terraform
    done = typed()
    assert (done.exit_code, done.stdout) == (0, "")
    assert "local is deployed as it is written" in done.stderr


def test_drift_has_an_exit_code_of_its_own_and_the_review(stack: Path, tmp_path: Path) -> None:
    plan: dict[str, Any] = recorded.plan("widened")
    entry = next(each for each in plan["resource_changes"] if each["address"] == BY_HAND)
    before = entry["change"]["before"]
    plan["resource_drift"] = [{**entry, "change": {"before": before | {"policy": "{}"}, "after": before}}]
    (stack.parent / "plan.json").write_text(json.dumps(plan))
    waiting = SavedPlan(stack)
    waiting.file.write_bytes(b"reviewed")
    waiting.save()
    output = tmp_path / "drift.md"
    done = typed("--output", str(output))
    assert done.exit_code == 4
    assert f"changed outside of terraform: {BY_HAND}" in done.stderr
    assert BY_HAND in output.read_text()
    waiting.check()


def test_a_plan_that_fails_is_no_drift(stack: Path) -> None:
    (stack.parent / "denied").touch()
    assert isinstance(typed().exception, CommandError)


def test_a_review_that_cannot_be_written_is_one_sentence(stack: Path, tmp_path: Path) -> None:
    (stack.parent / "plan.json").write_text(json.dumps(recorded.plan("widened")))
    done = typed("--output", str(tmp_path / "nowhere" / "review.md"))
    assert isinstance(done.exception, CommandError)
    assert "--output: " in str(done.exception)
    assert "can't be written" in str(done.exception)
