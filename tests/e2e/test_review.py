"""`mapspan review` on real plans of the deployed environment: the plan that it keeps, and its first screen."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from mapspan.deploying import saved_plan
from mapspan.deploying.saved_plan import SavedPlan
from mapspan.main import commands
from mapspan.review import new_plan
from mapspan.review.changes.plan import read_plan
from mapspan.review.changes.policies import read_policies
from mapspan.review.plan_file import read_plan_file
from mapspan.review.who_may.planned_accounts import planned_accounts
from modules.pipeline.app import synthesize
from tests.e2e.conftest import Cloud, scheduled
from tests.iam.operation_accounts import OPERATION_ACCOUNTS
from tests.iam.pipeline_accounts import ACCOUNTS

STATE = "terraform.local.tfstate"
BUCKET = "aws_s3_bucket.runs_bucket"


def edits(stack: Any) -> None:
    """Rename a bucket, let anyone read the source bucket, add a state."""
    resources = stack["resource"]
    resources["aws_s3_bucket"]["runs_bucket"]["bucket"] = "mapspan-local-other-runs-111111111111-us-east-1"
    source = resources["aws_s3_bucket_policy"]["source_access_bucket_policy"]
    policy = json.loads(source["policy"])
    policy["Statement"][1]["Principal"] = "*"
    source["policy"] = json.dumps(policy)
    machine = resources["aws_sfn_state_machine"]["state_machine"]
    definition = json.loads(machine["definition"])
    definition["States"]["TakeABreath"] = {"Type": "Wait", "Seconds": 1, "Next": "Done"}
    definition["States"]["AllAccountedFor"]["Default"] = "TakeABreath"
    machine["definition"] = json.dumps(definition)


@pytest.fixture
def checkout(cloud: Cloud, started: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SavedPlan:  # noqa: ARG001 - the command needs a started cloud
    """A checkout whose `local` differs from what is deployed: no prefix condition, and the edits."""
    environment = cloud.deployment.environment
    everything = environment.source.model_copy(update={"prefixes": ()})
    changed = scheduled(environment).model_copy(update={"source": everything})
    stack = tmp_path / "cdktf.out" / "stacks" / "local"

    def synthesized(outdir: Path) -> None:
        synthesize([changed], outdir)
        text = json.loads((stack / "cdk.tf.json").read_text(encoding="utf-8"))
        edits(text)
        (stack / "cdk.tf.json").write_text(json.dumps(text), encoding="utf-8")
        deployed = cloud.local.terraform.directory
        shutil.copytree(deployed / ".terraform", stack / ".terraform", symlinks=True)
        shutil.copy(deployed / ".terraform.lock.hcl", stack)

    shutil.copy(cloud.local.directory / STATE, tmp_path / STATE)
    monkeypatch.setattr(new_plan, "synthesize", synthesized)
    monkeypatch.setattr(new_plan, "ROOT", tmp_path)
    monkeypatch.setattr(saved_plan, "ROOT", tmp_path)
    return SavedPlan(stack)


def test_the_first_screen_names_each_change_and_the_plan_is_kept_to_be_applied(checkout: SavedPlan) -> None:
    done = CliRunner().invoke(commands, ["review", "local", "--allow-destroy", BUCKET])
    assert done.exit_code == 0, done.output
    checkout.check()
    first = done.stdout[: done.stdout.index("### ")]
    for words in (
        "new wildcard in principal `*`",
        "condition removed: `s3:prefix` StringLike `2026/*`",
        "new wildcard in resource `arn:aws:s3:::landing-zone/*`",
        "`TakeABreath` added",
        "6 to replace",
    ):
        assert words in first
    assert "(allowed)" in done.stdout
    assert "| **anyone** | read objects (`s3:GetObject`) | `landing-zone/*` | denied | **✅ allowed** |" in done.stdout


def test_a_second_plan_changes_nothing_and_holds_the_policies_that_are_proved(
    cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saved_plan, "ROOT", cloud.local.directory)
    assert cloud.local.terraform.plan_changes(tmp_path / "plan") is False
    plan = read_plan(read_plan_file("local", tmp_path / "plan"))
    assert plan.changes_nothing
    accounts = planned_accounts(plan, read_policies(plan), "after", cloud.deployment.environment).accounts
    assert accounts.roles == OPERATION_ACCOUNTS.roles
    assert {name: bucket.policy for name, bucket in accounts.buckets.items()} == {
        name: bucket.policy for name, bucket in ACCOUNTS.buckets.items()
    }
