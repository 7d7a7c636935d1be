"""`mapspan drift`: whether what is deployed is what the environment's file and the code say."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer

from environments.files import load
from mapspan.arguments import EnvironmentName
from mapspan.checkout import ROOT, synthesize
from mapspan.deploying.saved_plan import stack_directory
from mapspan.deploying.terraform import Terraform
from mapspan.deployment import find_deployment
from mapspan.review.review import review
from mapspan.review.review_command import Format, tell

DRIFTED = 4


def drift_command(
    environment: EnvironmentName,
    *,
    form: Annotated[
        Format | None, typer.Option("--format", help="By default `terminal`, or `markdown` into a file or pipe.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the review there instead of to stdout.", dir_okay=False)
    ] = None,
) -> None:
    """Say what a deploy would change now: what was changed by hand, and what was never deployed.

    A reviewed plan that waits to be applied stays as it is. Exit codes: 0 nothing would change, 1 it could not be
    found out, with the reason on stderr, 2 the command is mistyped, 4 something would, and the review says what.
    """
    settings = load(environment)
    url = find_deployment(environment).local_cloud_url
    synthesize(ROOT / "cdktf.out")
    plan = drifted(Terraform(stack_directory(environment), {"local_cloud_url": url} if url else None))
    if plan is None:
        typer.echo(f"{environment} is deployed as it is written", err=True)
        return
    found = review(settings, plan)
    tell(found, form, output)
    typer.echo(f"mapspan: {environment} is not deployed as it is written", err=True)
    if by_hand := found.plan.drifted:
        typer.echo(f"changed outside of terraform: {', '.join(by_hand)}", err=True)
    raise typer.Exit(DRIFTED)


def drifted(terraform: Terraform) -> dict[str, Any] | None:
    """What a plan would change, as terraform's JSON; None where that is nothing.

    Raises:
        CommandError: the plan can't be made.
    """
    terraform.init()
    with tempfile.TemporaryDirectory() as directory:
        plan = Path(directory) / "plan"
        return dict(terraform.show_plan(plan)) if terraform.plan_changes(plan) else None
