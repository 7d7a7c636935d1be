"""A plan may be deployed only after all of its review was shown: if anything stops it, `mapspan deploy` refuses."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from environments.files import load
from mapspan import checkout, main
from mapspan.checkout import CommandError
from mapspan.deploying import saved_plan
from mapspan.deploying.saved_plan import SavedPlan
from mapspan.deployment import Deployment
from mapspan.review import new_plan, review, review_command
from mapspan.review.options import Format
from mapspan.review.page.markdown import cut
from mapspan.review.who_may.access_table import AccessTable
from tests.fixtures.fake_terraform import calls, put_terraform
from tests.fixtures.recorded_plans import recorded_plan

NOT_SHOWN = "local has no reviewed plan, because its last review was not shown to the end: review it again with"


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The local environment's stack, with a plan that was reviewed before."""
    stack = tmp_path / "local"
    stack.mkdir()
    (stack / "cdk.tf.json").write_text("{}", encoding="utf-8")
    put_terraform(tmp_path, monkeypatch)
    for module in (checkout, new_plan):
        monkeypatch.setattr(module, "synthesize", lambda _: None)
    for module in (saved_plan, new_plan):
        monkeypatch.setattr(module, "stack_directory", lambda _: stack)
    local = Deployment(environment=load("local"), local_cloud_url="http://127.0.0.1:1")
    monkeypatch.setattr("mapspan.deployment.find_deployment", lambda _: local)
    # The simulator has tests of its own, and takes a second.
    monkeypatch.setattr(review, "access_table", lambda *_: AccessTable(rows=(), undecided="not asked in this test"))
    plans(stack, "widened")
    assert typed("review").exit_code == 0
    return stack


def plans(stack: Path, name: str) -> None:
    (stack.parent / "plan.json").write_text(json.dumps(recorded_plan(name)), encoding="utf-8")


def typed(command: str, *arguments: object) -> Result:
    return CliRunner().invoke(main.commands, [command, "local", *map(str, arguments)])


def assert_refused(stack: Path, reason: str = NOT_SHOWN) -> None:
    done = typed("deploy")
    assert isinstance(done.exception, CommandError)
    assert reason in str(done.exception)
    assert calls(stack.parent, "apply") == []
    assert list(stack.glob("*.tfplan")) == []


def crash(*_: object, **__: object) -> None:
    raise ZeroDivisionError


def test_a_plan_whose_review_was_shown_is_deployed(stack: Path, tmp_path: Path) -> None:
    assert typed("review", "--output", tmp_path / "review.md", "--picture", tmp_path / "review.svg").exit_code == 0
    assert typed("deploy").exit_code == 0
    assert len(calls(stack.parent, "apply")) == 1


@pytest.mark.parametrize(
    "part",
    [
        *("read_plan", "losses", "statement_changes", "access_table", "definition_changes", "cost_change"),
        *("chapters", "markdown", "picture", "write_file"),
    ],
)
def test_a_crash_in_any_part_of_the_review_leaves_no_plan_to_deploy(
    stack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    monkeypatch.setattr(review, part, crash)
    output, picture = tmp_path / "review.md", tmp_path / "review.svg"
    assert isinstance(typed("review", "--output", output, "--picture", picture).exception, ZeroDivisionError)
    assert_refused(stack)


@pytest.mark.parametrize("option", ["--output", "--picture"])
@pytest.mark.parametrize(("file", "why"), [("/nonexistent/x", "No such file"), ("/dev/full", "No space left")])
def test_a_review_that_cannot_be_written_leaves_no_plan_to_deploy(
    stack: Path, option: str, file: str, why: str
) -> None:
    done = typed("review", option, file)
    assert isinstance(done.exception, CommandError)
    assert f"{option}: {file} can't be written: {why}" in str(done.exception)
    assert_refused(stack)


def test_a_review_that_was_cut_leaves_no_plan_to_deploy(stack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(review, "cut", partial(cut, limit=2_000))
    assert typed("review").exit_code == 0
    assert_refused(stack, "because its last review was cut to the length of a comment (--format terminal shows all")
    assert typed("review", "--format", "terminal").exit_code == 0
    assert typed("deploy").exit_code == 0


def printing_fails(monkeypatch: pytest.MonkeyPatch, stdout: object, form: Format | None = None) -> str:
    """The error of a review that is printed on `stdout`."""
    with monkeypatch.context() as context:
        context.setattr(sys, "stdout", stdout)
        with pytest.raises(CommandError) as error:
            review_command.review_command("local", form=form)
    return str(error.value)


@pytest.fixture
def full_disk() -> Iterator[object]:
    with Path("/dev/full").open("w") as full:
        yield full


@pytest.mark.parametrize("form", ["markdown", "terminal", "json"])
def test_a_full_disk_behind_stdout_leaves_no_plan_to_deploy(
    stack: Path, monkeypatch: pytest.MonkeyPatch, full_disk: object, form: Format
) -> None:
    assert "to stdout: No space left on device" in printing_fails(monkeypatch, full_disk, form)
    assert_refused(stack)


def test_a_closed_stdout_leaves_no_plan_to_deploy(stack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "stdout is closed" in printing_fails(monkeypatch, None)
    assert_refused(stack)


def test_a_reader_that_goes_away_leaves_no_plan_to_deploy(stack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as pipe:
        assert "to stdout: Broken pipe" in printing_fails(monkeypatch, pipe)
    assert_refused(stack)


@pytest.mark.parametrize("part", ["read_plan", "access_table", "chapters", "write_stdout"])
def test_a_review_that_is_terminated_half_way_leaves_no_plan_to_deploy(
    stack: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    def terminate(*_: object, **__: object) -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(review, part, terminate)
    monkeypatch.setattr(sys, "argv", ["mapspan", "review", "local"])
    try:
        with pytest.raises(SystemExit) as ended:
            main.app()
    finally:
        signal.signal(signal.SIGTERM, before)
    assert ended.value.code == 143
    assert_refused(stack)


def test_a_blocked_plan_is_refused_as_blocked(stack: Path) -> None:
    plans(stack, "replaced")
    assert typed("review").exit_code == review_command.BLOCKED
    assert_refused(stack, "local has no reviewed plan, because its last review blocked it: review it again with")


def test_a_review_that_is_killed_leaves_no_plan_to_deploy(stack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # After SIGKILL nothing is cleaned up: the files are as they were in the middle of the review.
    copies: dict[str, bytes] = {}

    def remember(_: str) -> None:
        copies.update({file.name: file.read_bytes() for file in stack.iterdir()})

    monkeypatch.setattr(review, "write_stdout", remember)
    assert typed("review").exit_code == 0
    for name, content in copies.items():
        (stack / name).write_bytes(content)
    (stack / "reviewed.tfplan").unlink()
    assert "unreviewed.tfplan" in copies
    with pytest.raises(CommandError, match="was not shown to the end"):
        SavedPlan(stack).check()


def test_reviewing_a_plan_from_a_file_leaves_the_reviewed_plan_alone(stack: Path, tmp_path: Path) -> None:
    assert typed("review", "--plan", tmp_path / "plan.json", "--output", "/nonexistent/x").exit_code == 1
    SavedPlan(stack).check()
