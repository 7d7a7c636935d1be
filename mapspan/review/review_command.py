"""`mapspan review`: what a plan changes, and who may access what afterwards."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from environments.files import load
from mapspan.arguments import EnvironmentName
from mapspan.checkout import ROOT, synthesize
from mapspan.deploying.boundary_check import check_boundaries
from mapspan.deploying.saved_plan import SavedPlan, stack_directory
from mapspan.deploying.terraform import Terraform
from mapspan.deployment import find_deployment
from mapspan.outside_text import visible, visible_lines
from mapspan.review.options import FormatOption, OutputOption
from mapspan.review.plan_file import read_plan_file
from mapspan.review.plan_review import PlanReview
from mapspan.review.review import review_plan, write_review

BLOCKED = 3


def review_command(
    environment_name: EnvironmentName,
    plan: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Review this plan: what `terraform show -json` prints, or `terraform plan -out` writes. By default,"
            " `mapspan review` plans the stack itself and keeps the plan for `mapspan deploy`.",
            dir_okay=False,
            exists=True,
        ),
    ] = None,
    *,
    form: FormatOption = None,
    output: OutputOption = None,
    picture_file: Annotated[
        Path | None,
        typer.Option(
            "--picture",
            metavar="FILE",
            help="Also draw who may access whose data, as an SVG in this file.",
            dir_okay=False,
        ),
    ] = None,
    allow_destroy: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ADDRESS", help="Allow this resource to be destroyed with everything it holds; repeatable."
        ),
    ] = None,
) -> None:
    """Show what a plan destroys, who gains or loses access to what, and how the workflow changes.

    Access is decided by an optional engine. Without it, the review says how to install it, and shows everything else.

    Exit codes: 0 nothing blocks the plan; 1 the review failed, with the reason on stderr; 2 wrong usage; 3 the plan
    destroys something that can't be brought back (data, logs, keys), and no --allow-destroy names it.
    """
    environment = load(environment_name)

    def show(plan_json: Mapping[str, Any]) -> tuple[PlanReview, bool]:
        deployment = None if plan else find_deployment(environment_name)
        review = review_plan(environment, plan_json, allow_destroy=allow_destroy or (), deployment=deployment)
        return review, write_review(review, form, output, picture_file)

    review = show(read_plan_file(environment_name, plan))[0] if plan else review_new_plan(environment_name, show)
    if review.access.undecided:
        typer.echo(f"mapspan: access not decided: {visible_lines(review.access.undecided)}", err=True)
    if review.blocking:
        addresses = ", ".join(loss.change.address for loss in review.blocking)
        typer.echo(f"mapspan: blocked: {visible(addresses)}", err=True)
        raise typer.Exit(BLOCKED)


def review_new_plan(environment: str, show: Callable[[Mapping[str, Any]], tuple[PlanReview, bool]]) -> PlanReview:
    """The review of a new plan of the stack as it is now. The plan is kept if all of its review was shown.

    Args:
        show: reviews terraform's JSON plan, and writes the review where it was asked for; returns it, and whether all
            of it was written.

    Raises:
        CommandError: the synthesis or the plan failed, or the review can't be written. No plan is kept then.
    """
    deployment = find_deployment(environment)
    url = deployment.local_cloud_url
    check_boundaries(deployment)
    synthesize(ROOT / "cdktf.out")
    saved = SavedPlan(stack_directory(environment))
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
