"""`mapspan deploy`: apply the plan that was reviewed, or nothing."""

from __future__ import annotations

from environments.environment import Environment
from environments.files import load
from mapspan.arguments import EnvironmentName
from mapspan.checkout import ROOT, CommandError, synthesize
from mapspan.deploying.saved_plan import SavedPlan, stack_directory
from mapspan.deploying.terraform import Terraform


def deploy_command(environment: EnvironmentName) -> None:
    """Apply the plan that `mapspan review` kept.

    Refuses when settings, code or state changed after the review. `cdktf deploy` makes a plan and applies it at once.
    """
    settings = load(environment)
    synthesize(ROOT / "cdktf.out")
    apply_reviewed(SavedPlan(stack_directory(environment)), settings)


def apply_reviewed(saved: SavedPlan, settings: Environment) -> None:
    """Apply a saved plan to the stack that was synthesized just now, with the environment's deploy roles.

    Raises:
        CommandError: the plan isn't there, isn't of this stack, or of an older state; or terraform's own words.
    """
    roles = {"target_role_arn": settings.target.deploy_role_arn, "source_role_arn": settings.source.deploy_role_arn}
    given = saved.check()
    terraform = Terraform(saved.directory, {name: role for name in given if (role := roles[name])})
    terraform.init()
    try:
        terraform.apply_plan(saved.file)
    except CommandError as error:
        if "Saved plan is stale" in str(error):
            raise CommandError(
                f"{saved.environment} was changed by another deploy after its review:"
                f" review it again with `mapspan review {saved.environment}`"
            ) from error
        raise
    saved.discard()
