"""`mapspan review` without the engine: the first screen says that access is not decided, and the rest is shown."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from environments.files import load
from mapspan.deploying.saved_plan import SEAL
from mapspan.deployment import Deployment
from mapspan.main import commands
from mapspan.review import new_plan
from mapspan.review.iam import simulator
from mapspan.review.iam.simulator import EngineMissingError, Simulator
from tests.fixtures.fake_terraform import put_terraform
from tests.fixtures.recorded_plans import recorded_plan

NOT_DECIDED = "access not decided: the engine isn't installed; install it with `npm ci --ignore-scripts"
FIRST_SCREEN = 12  # lines
NEVER_SAID = ("Nobody gains or loses access", "stays as it is")


@pytest.fixture(autouse=True)
def engine_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The simulator's program stands where node finds no package."""
    script = tmp_path / "elsewhere" / "simulate.mjs"
    script.parent.mkdir()
    shutil.copy(simulator.SCRIPT, script)
    monkeypatch.setattr(simulator, "SCRIPT", script)


def review(tmp_path: Path, name: str, *arguments: object) -> Result:
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps(recorded_plan(name)), encoding="utf-8")
    return CliRunner().invoke(commands, ["review", "local", "--plan", *map(str, (plan, *arguments))])


@pytest.mark.parametrize("form", ["markdown", "terminal"])
def test_the_first_screen_says_that_access_is_not_decided_and_how_to_install_the_engine(
    tmp_path: Path, form: str
) -> None:
    result = review(tmp_path, "widened", "--format", form)
    assert result.exit_code == 0
    first_screen = "\n".join(result.stdout.splitlines()[:FIRST_SCREEN]).replace("`", "").lower()
    assert NOT_DECIDED.replace("`", "") in first_screen
    assert NOT_DECIDED in result.stderr
    assert [words for words in NEVER_SAID if words in result.stdout] == []


def test_the_chapter_on_access_says_it_in_place_of_the_table_and_the_rest_is_shown(tmp_path: Path) -> None:
    text = review(tmp_path, "widened").stdout
    chapter = text.split("### Who may access whose data")[1].split("###")[0]
    assert chapter.strip().lower().removeprefix("⚠️ ").startswith(NOT_DECIDED)
    assert "new principal `arn:aws:iam::333333333333:root`" in text
    assert "### IAM, statement by statement" in text
    assert "Every resource that changes" in text


def test_the_picture_says_it_in_place_of_the_rows(tmp_path: Path) -> None:
    picture = tmp_path / "picture.svg"
    assert review(tmp_path, "widened", "--picture", picture).exit_code == 0
    svg = picture.read_text(encoding="utf-8")
    assert "access not decided: the engine isn&#x27;t installed; install it with npm ci" in svg
    assert "grey stays as it is" not in svg


def test_programs_read_why_access_is_not_decided(tmp_path: Path) -> None:
    output = tmp_path / "review.json"
    result = review(tmp_path, "replaced", "--format", "json", "--output", output)
    assert result.exit_code == 3
    report = json.loads(output.read_text(encoding="utf-8"))
    assert report["access"] == []
    assert report["access_undecided"].startswith("the engine isn't installed")
    assert report["blocked"] is True


def test_a_loss_blocks_and_can_be_allowed_as_with_the_engine(tmp_path: Path) -> None:
    assert review(tmp_path, "replaced").exit_code == 3
    assert review(tmp_path, "replaced", "--allow-destroy", "aws_s3_bucket.runs_bucket").exit_code == 0


def test_a_missing_node_is_a_missing_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulator, "NODE", tmp_path / "no-node")
    result = review(tmp_path, "widened")
    assert result.exit_code == 0
    assert "Access not decided: the engine isn't installed; install it with `make setup`" in result.stdout


def test_an_engine_that_breaks_is_not_taken_for_a_missing_one(tmp_path: Path) -> None:
    simulator.SCRIPT.write_text('import "no-such-package";', encoding="utf-8")
    result = review(tmp_path, "widened")
    assert result.exit_code == 0
    assert "Access not decided: the simulator ended" in result.stdout
    assert "new principal `arn:aws:iam::333333333333:root`" in result.stdout


def test_a_simulator_refuses_to_start_without_the_engine() -> None:
    with pytest.raises(EngineMissingError, match="the engine isn't installed"), Simulator():
        pass


def test_it_is_recorded_beside_the_plan_that_was_reviewed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stack = tmp_path / "local"
    stack.mkdir()
    (stack / "cdk.tf.json").write_text("{}", encoding="utf-8")
    (tmp_path / "plan.json").write_text(json.dumps(recorded_plan("widened")), encoding="utf-8")
    put_terraform(tmp_path, monkeypatch)
    monkeypatch.setattr(new_plan, "synthesize", lambda _: None)
    monkeypatch.setattr(new_plan, "stack_directory", lambda _: stack)
    local = Deployment(environment=load("local"), local_cloud_url="http://127.0.0.1:1")
    monkeypatch.setattr("mapspan.deployment.find_deployment", lambda _: local)

    result = CliRunner().invoke(commands, ["review", "local"])
    assert result.exit_code == 0, result.output
    assert json.loads((stack / SEAL).read_text())["access_undecided"].startswith("the engine isn't installed")
