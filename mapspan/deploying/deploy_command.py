"""`mapspan deploy`: apply the reviewed plan, or nothing."""

from __future__ import annotations

from mapspan.arguments import EnvironmentName


def deploy_command(environment_name: EnvironmentName) -> None:
    """Apply the plan that `mapspan review` saved.

    Refuses if the settings, the code or the state changed after the review. `cdktf deploy` plans and applies at once.
    """
    from environments.files import load
    from mapspan.checkout import ROOT, synthesize
    from mapspan.deploying.apply_reviewed import apply_reviewed
    from mapspan.deploying.boundary_check import check_boundaries
    from mapspan.deploying.saved_plan import SavedPlan, stack_directory
    from mapspan.deployment import Deployment

    environment = load(environment_name)
    if not environment.is_local:
        check_boundaries(Deployment(environment=environment))
    synthesize(ROOT / "cdktf.out")
    apply_reviewed(SavedPlan(stack_directory(environment_name)), environment)
