"""Only the reviewed plan is applied, tested with a terraform that records its calls."""

from __future__ import annotations

from pathlib import Path

import pytest

from environments.environment import Environment
from environments.files import load
from mapspan.checkout import CommandError
from mapspan.deploying.apply_reviewed import apply_reviewed
from mapspan.deploying.saved_plan import SavedPlan
from tests.fixtures.fake_terraform import calls, put_terraform
from tests.fixtures.kept_plan import keep
from tests.fixtures.synthesized_stack import synthesize

PROD = load("prod")
STALE = "Error: Saved plan is stale"


@pytest.fixture
def saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SavedPlan:
    directory = tmp_path / "prod"
    synthesize(directory)
    put_terraform(tmp_path, monkeypatch)
    return SavedPlan(directory)


def called(saved: SavedPlan) -> list[str]:
    return calls(saved.directory.parent, "apply")


def applied(saved: SavedPlan, environment: Environment = PROD) -> str:
    apply_reviewed(saved, environment)
    (line,) = called(saved)
    return line


def test_the_saved_plan_is_applied_once(saved: SavedPlan) -> None:
    keep(saved)
    assert f"{saved.file} as nobody nobody" in applied(saved)
    with pytest.raises(CommandError, match="prod has no reviewed plan"):
        apply_reviewed(saved, PROD)


def test_a_plan_made_with_the_plan_role_is_applied_with_the_deploy_role(
    saved: SavedPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TF_VAR_target_role_arn", "arn:aws:iam::777777777777:role/mapspan-plan")
    keep(saved)
    assert applied(saved).endswith(f"as {PROD.target.deploy_role_arn} nobody")


def test_settings_that_changed_after_the_review_are_refused_before_terraform_is_called(saved: SavedPlan) -> None:
    keep(saved)
    synthesize(saved.directory, threads=16)
    with pytest.raises(CommandError, match="settings or code of prod changed after its review"):
        apply_reviewed(saved, PROD)
    assert called(saved) == []


def test_a_plan_of_an_older_state_is_refused_in_one_sentence(saved: SavedPlan) -> None:
    keep(saved)
    (saved.directory.parent / "refusal").write_text(STALE)
    with pytest.raises(CommandError, match="prod was changed by another deploy after its review") as refused:
        apply_reviewed(saved, PROD)
    assert "\n" not in str(refused.value)


def test_any_other_failure_has_terraforms_message_and_keeps_the_plan(saved: SavedPlan) -> None:
    keep(saved)
    (saved.directory.parent / "refusal").write_text("Error: creating Lambda Function: AccessDenied")
    with pytest.raises(CommandError, match="creating Lambda Function: AccessDenied"):
        apply_reviewed(saved, PROD)
    saved.check()
