"""A saved plan may be applied only if all of its review was shown, and neither it nor its stack has changed."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

import pytest

from mapspan.checkout import CommandError
from mapspan.deploying.saved_plan import SEAL, SavedPlan
from tests.fixtures.kept_plan import keep
from tests.fixtures.synthesized_stack import synthesize


@pytest.fixture
def saved(tmp_path: Path) -> SavedPlan:
    directory = tmp_path / "prod"
    synthesize(directory)
    return keep(SavedPlan(directory))


def test_the_same_stack_synthesized_again_is_accepted(saved: SavedPlan) -> None:
    synthesize(saved.directory)
    saved.check()


def test_a_package_that_the_stack_does_not_name_is_ignored(saved: SavedPlan) -> None:
    older = saved.directory / "assets/list_objects_package/00/list_objects.zip"
    older.parent.mkdir()
    older.write_bytes(b"older code")
    saved.check()


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        (lambda saved: synthesize(saved.directory, threads=16), "settings or code of prod changed after its review"),
        (lambda saved: synthesize(saved.directory, package=b"new"), "settings or code of prod changed"),
        (lambda saved: saved.file.write_bytes(b"another"), "the plan of prod is not the one that was reviewed"),
        (lambda saved: saved.file.unlink(), "prod has no reviewed plan: review one with `mapspan review prod`"),
        (lambda saved: saved.discard(), "prod has no reviewed plan"),
        (lambda saved: (saved.directory / SEAL).write_text("{"), "is not what a review writes: review it again"),
        (lambda saved: (saved.directory / SEAL).write_text("[1]"), "is not what a review writes"),
        (lambda saved: (saved.directory / SEAL).write_text("{}"), "is not what a review writes"),
    ],
)
def test_a_changed_stack_or_plan_is_refused(
    saved: SavedPlan, change: Callable[[SavedPlan], object], refusal: str
) -> None:
    change(saved)
    with pytest.raises(CommandError, match=refusal):
        saved.check()


def test_a_plan_is_not_reviewed_before_the_end_of_its_review(saved: SavedPlan) -> None:
    with contextlib.suppress(ZeroDivisionError), saved.under_review():
        saved.unreviewed.write_bytes(b"new plan")
        saved.seal()
        raise ZeroDivisionError
    assert not saved.unreviewed.exists()
    with pytest.raises(CommandError, match="prod has no reviewed plan, because its last review was not shown to the"):
        saved.check()


def test_a_blocked_plan_is_refused_as_blocked(saved: SavedPlan) -> None:
    with saved.under_review():
        saved.refuse_blocked()
    with pytest.raises(CommandError, match="because its last review blocked it: review it again with `mapspan review"):
        saved.check()


def test_a_plan_that_another_review_replaced_is_not_kept(saved: SavedPlan) -> None:
    with saved.under_review():
        saved.unreviewed.write_bytes(b"shown")
        seal = saved.seal()
        saved.unreviewed.write_bytes(b"another")
        with pytest.raises(CommandError, match="another review of prod replaced the plan"):
            saved.keep(seal, access_undecided=None)


def test_a_stack_that_changes_during_the_review_is_refused(saved: SavedPlan) -> None:
    with saved.under_review():
        saved.unreviewed.write_bytes(b"plan")
        seal = saved.seal()
        synthesize(saved.directory, threads=16)
        saved.keep(seal, access_undecided=None)
    with pytest.raises(CommandError, match="settings or code of prod changed"):
        saved.check()


def test_a_seal_that_cannot_be_written_is_an_error_and_leaves_nothing_to_apply(saved: SavedPlan) -> None:
    (saved.directory / "reviewed.json.new").mkdir()
    with pytest.raises(CommandError, match=r"reviewed\.json can't be written"), saved.under_review():
        pass
    with pytest.raises(CommandError, match="prod has no reviewed plan"):
        saved.check()
