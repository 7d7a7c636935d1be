"""`mapspan review`: what a plan changes, and who may access what afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mapspan.arguments import EnvironmentName
from mapspan.outside_text import visible, visible_lines
from mapspan.review.options import FormatOption, OutputOption

if TYPE_CHECKING:
    from mapspan.review.plan_review import PlanReview

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
    from environments.files import load
    from mapspan.deployment import find_deployment
    from mapspan.review.new_plan import review_new_plan
    from mapspan.review.plan_file import read_plan_file
    from mapspan.review.review import review_plan, write_review

    environment = load(environment_name)

    def show(plan_json: Mapping[str, Any]) -> tuple[PlanReview, bool]:
        deployment = None if plan else find_deployment(environment_name)
        review = review_plan(environment, plan_json, allow_destroy=allow_destroy or (), deployment=deployment)
        return review, write_review(review, form, output, picture_file)

    if plan:
        review, _ = show(read_plan_file(environment_name, plan))
    else:
        review = review_new_plan(find_deployment(environment_name), show)
    if review.access.undecided:
        typer.echo(f"mapspan: access not decided: {visible_lines(review.access.undecided)}", err=True)
    if review.blocking:
        addresses = ", ".join(loss.change.address for loss in review.blocking)
        typer.echo(f"mapspan: blocked: {visible(addresses)}", err=True)
        raise typer.Exit(BLOCKED)
