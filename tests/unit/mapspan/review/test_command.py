"""`mapspan review` of a plan that is there: what it writes, and the exit codes that a pipeline gates on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from mapspan.checkout import CommandError
from mapspan.main import commands
from mapspan.review.review_command import written
from tests.fixtures import recorded_plans as recorded
from tests.unit.mapspan.review.conftest import Reviewed

BUCKET = "aws_s3_bucket.runs_bucket"


@pytest.fixture
def replaced(tmp_path: Path) -> Path:
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps(recorded.plan("replaced")), encoding="utf-8")
    return plan


def typed(*arguments: object) -> Result:
    return CliRunner().invoke(commands, ["review", "local", *map(str, arguments)])


def test_a_loss_blocks_with_an_exit_code_of_its_own_until_it_is_allowed(replaced: Path, tmp_path: Path) -> None:
    done = typed("--plan", replaced)
    assert done.exit_code == 3
    assert f"mapspan: blocked: {BUCKET}" in done.stderr
    another = "aws_s3_bucket_policy.runs_bucket_policy"
    done = typed("--plan", replaced, "--allow-destroy", another, "--allow-destroy", "aws_s3_bucket.misspelt")
    assert done.exit_code == 3
    assert "`--allow-destroy` names what this plan doesn't destroy: aws_s3_bucket.misspelt" in done.stdout
    output = tmp_path / "review.json"
    done = typed("--plan", replaced, "--allow-destroy", BUCKET, "--format", "json", "--output", output)
    assert (done.exit_code, done.stdout) == (0, "")
    told = json.loads(output.read_text(encoding="utf-8"))
    assert [loss["allowed"] for loss in told["losses"] if loss["address"] == BUCKET] == [True]


def test_what_is_no_plan_is_an_error(tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text("{", encoding="utf-8")
    assert isinstance(typed("--plan", plan).exception, CommandError)
    assert typed("--plan", tmp_path / "elsewhere.json").exit_code == 2


def test_a_terminal_gets_the_same_words_without_marks(reviewed: Reviewed) -> None:
    said = written(reviewed("replaced"), "terminal")
    assert f"Blocked: something would be lost that making it again doesn't bring back\n• {BUCKET}: the bucket" in said
    assert "**" not in said
    assert "`" not in said
