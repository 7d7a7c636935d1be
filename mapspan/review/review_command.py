"""`mapspan review`: what a plan changes, and who may access what afterwards."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from environments.files import load
from mapspan.arguments import EnvironmentName
from mapspan.checkout import ROOT, CommandError, synthesize
from mapspan.deploying.saved_plan import SavedPlan, stack_directory
from mapspan.deploying.terraform import Terraform
from mapspan.deployment import find_deployment
from mapspan.review.page.picture import picture
from mapspan.review.plan_review import PlanReview
from mapspan.review.review import Format, print_review, review_plan, write_file

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
    form: Annotated[
        Format | None,
        typer.Option("--format", help="The format of the review. Default: terminal, or markdown into a file or pipe."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the review to this file, not to stdout.", dir_okay=False)
    ] = None,
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
    plan_json = read_plan_file(environment_name, plan) if plan else plan_stack(environment_name)
    review = review_plan(load(environment_name), plan_json, allow_destroy=allow_destroy or ())
    if plan is None:
        _keep_plan(review)
    print_review(review, form, output)
    if picture_file is not None:
        write_file(picture(review), "--picture", picture_file)
    if review.access.undecided:
        typer.echo(f"mapspan: access not decided: {review.access.undecided}", err=True)
    if review.blocking:
        typer.echo(f"mapspan: blocked: {', '.join(loss.change.address for loss in review.blocking)}", err=True)
        raise typer.Exit(BLOCKED)


def read_plan_file(environment: str, file: Path) -> dict[str, Any]:
    """The JSON of a plan in a file: terraform's own file, of the environment's stack, or its JSON.

    Raises:
        CommandError: it is neither.
    """
    content = file.read_bytes()
    if content.lstrip()[:1] != b"{":
        return Terraform(stack_directory(environment)).show_plan(file.resolve())
    try:
        plan_json: Any = json.loads(content)
    except ValueError as error:
        raise CommandError(f"--plan: {file} is not JSON: {error}") from error
    return dict(plan_json)


def plan_stack(environment: str) -> dict[str, Any]:
    """The JSON of a new plan of the stack as it is now, which is saved to be applied after the review.

    Raises:
        CommandError: the synthesis or the plan failed.
    """
    url = find_deployment(environment).local_cloud_url
    synthesize(ROOT / "cdktf.out")
    saved = SavedPlan(stack_directory(environment))
    saved.discard()
    terraform = Terraform(saved.directory, {"local_cloud_url": url} if url else None)
    terraform.init()
    terraform.plan_changes(saved.file)
    saved.save()
    return terraform.show_plan(saved.file)


def _keep_plan(review: PlanReview) -> None:
    """Keep the saved plan with a note of what its review couldn't decide; discard it if the review blocks it."""
    saved = SavedPlan(stack_directory(review.environment.name))
    if review.blocking:
        saved.discard()
    else:
        saved.record_access(review.access.undecided)
