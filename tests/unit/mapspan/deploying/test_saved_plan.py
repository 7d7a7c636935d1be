"""A saved plan may be applied only if neither it nor its stack has changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mapspan.checkout import CommandError
from mapspan.deploying.saved_plan import SavedPlan
from tests.fixtures.synthesized_stack import synthesize


@pytest.fixture
def saved(tmp_path: Path) -> SavedPlan:
    directory = tmp_path / "prod"
    synthesize(directory)
    plan = SavedPlan(directory)
    plan.file.write_bytes(b"plan")
    plan.save()
    return plan


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
    ],
)
def test_a_changed_stack_or_plan_is_refused(
    saved: SavedPlan, change: Callable[[SavedPlan], object], refusal: str
) -> None:
    change(saved)
    with pytest.raises(CommandError, match=refusal):
        saved.check()
