"""`mapspan review --plan`: what it writes, and the exit codes that gate a pipeline."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from mapspan.checkout import CommandError
from mapspan.main import commands
from mapspan.review import review as review_module
from mapspan.review.page.markdown import cut
from mapspan.review.review import render_review
from tests.fixtures.recorded_plans import recorded_plan
from tests.unit.mapspan.review.conftest import ReviewOf

BUCKET = "aws_s3_bucket.runs_bucket"


@pytest.fixture
def plan_file(tmp_path: Path) -> Path:
    """A plan that replaces the runs bucket."""
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(recorded_plan("replaced")), encoding="utf-8")
    return file


def review(*arguments: object) -> Result:
    return CliRunner().invoke(commands, ["review", "local", *map(str, arguments)])


def test_a_loss_blocks_with_an_exit_code_of_its_own_until_it_is_allowed(plan_file: Path, tmp_path: Path) -> None:
    result = review("--plan", plan_file)
    assert result.exit_code == 3
    assert f"mapspan: blocked: {BUCKET}" in result.stderr
    policy, misspelt = "aws_s3_bucket_policy.runs_bucket_policy", "aws_s3_bucket.misspelt"
    result = review("--plan", plan_file, "--allow-destroy", policy, "--allow-destroy", misspelt)
    assert result.exit_code == 3
    assert f"`--allow-destroy` has no effect for `{misspelt}`" in result.stdout
    output = tmp_path / "review.json"
    result = review("--plan", plan_file, "--allow-destroy", BUCKET, "--format", "json", "--output", output)
    assert (result.exit_code, result.stdout) == (0, "")
    report = json.loads(output.read_text(encoding="utf-8"))
    assert [loss["allowed"] for loss in report["losses"] if loss["address"] == BUCKET] == [True]


def test_a_file_that_is_not_a_plan_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    file.write_text("{", encoding="utf-8")
    assert isinstance(review("--plan", file).exception, CommandError)
    assert review("--plan", tmp_path / "elsewhere.json").exit_code == 2


def test_a_terminal_shows_the_same_words_without_marks(review_of: ReviewOf) -> None:
    text = render_review(review_of("replaced"), "terminal")
    assert f"Blocked: this plan destroys something that can't be brought back\n• {BUCKET}: the bucket" in text
    assert "**" not in text
    assert "`" not in text


def test_a_review_that_is_cut_says_so(plan_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "was cut" not in review("--plan", plan_file).stderr
    monkeypatch.setattr(review_module, "cut", partial(cut, limit=2_000))
    result = review("--plan", plan_file)
    assert len(result.stdout) <= 2_000
    assert "the review was cut to 65,000 characters, the longest comment: see all of it with" in result.stderr
