"""Applies a reviewed plan, or nothing."""

from __future__ import annotations

from environments.environment import Environment
from mapspan.checkout import CommandError
from mapspan.deploying.saved_plan import SavedPlan
from mapspan.deploying.terraform import Terraform


def apply_reviewed(saved: SavedPlan, environment: Environment) -> None:
    """Apply a saved plan to the stack as it was just synthesized, with the environment's deploy roles.

    Raises:
        CommandError: the plan is missing, or is the plan of another stack or of an older state; or terraform failed.
    """
    deploy_roles = {
        "target_role_arn": environment.target.deploy_role_arn,
        "source_role_arn": environment.source.deploy_role_arn,
    }
    planned_with = saved.check()
    terraform = Terraform(saved.directory, {name: role for name in planned_with if (role := deploy_roles[name])})
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
