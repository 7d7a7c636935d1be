"""`mapspan deploy`: apply the reviewed plan, or nothing."""

from __future__ import annotations

from environments.environment import Environment
from environments.files import load
from mapspan.arguments import EnvironmentName
from mapspan.checkout import ROOT, CommandError, synthesize
from mapspan.deploying.boundary_check import check_boundaries
from mapspan.deploying.saved_plan import SavedPlan, stack_directory
from mapspan.deploying.terraform import Terraform
from mapspan.deployment import Deployment


def deploy_command(environment_name: EnvironmentName) -> None:
    """Apply the plan that `mapspan review` saved.

    Refuses if the settings, the code or the state changed after the review. `cdktf deploy` plans and applies at once.
    """
    environment = load(environment_name)
    if not environment.is_local:
        check_boundaries(Deployment(environment=environment))
    synthesize(ROOT / "cdktf.out")
    apply_reviewed(SavedPlan(stack_directory(environment_name)), environment)


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
