"""Plans an environment's stack, reviews the plan, and keeps it for `mapspan deploy`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mapspan.checkout import ROOT, synthesize
from mapspan.deploying.boundary_check import check_boundaries
from mapspan.deploying.saved_plan import SavedPlan, stack_directory
from mapspan.deploying.terraform import Terraform
from mapspan.deployment import Deployment
from mapspan.review.plan_review import PlanReview


def review_new_plan(deployment: Deployment, show: Callable[[Mapping[str, Any]], tuple[PlanReview, bool]]) -> PlanReview:
    """The review of a new plan of the deployment's stack as it is now. The plan is kept if all of its review was shown.

    Args:
        show: reviews terraform's JSON plan, and writes the review where it was asked for; returns it, and whether all
            of it was written.

    Raises:
        CommandError: the synthesis or the plan failed, or the review can't be written. No plan is kept then.
    """
    url = deployment.local_cloud_url
    check_boundaries(deployment)
    synthesize(ROOT / "cdktf.out")
    saved = SavedPlan(stack_directory(deployment.environment.name))
    terraform = Terraform(saved.directory, {"local_cloud_url": url} if url else None)
    with saved.under_review():
        terraform.init()
        terraform.plan_changes(saved.unreviewed)
        seal = saved.seal()
        review, whole = show(terraform.show_plan(saved.unreviewed))
        if review.blocking:
            saved.refuse_blocked()
        elif not whole:
            saved.refuse_cut()
        else:
            saved.keep(seal, access_undecided=review.access.undecided)
    return review
