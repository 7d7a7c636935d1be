"""Whether an environment has drifted, and the review of what a deploy would change."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import typer

from environments.files import load
from mapspan.checkout import ROOT, CommandError, synthesize
from mapspan.deploying.saved_plan import stack_directory
from mapspan.deploying.terraform import Terraform
from mapspan.deployment import find_deployment
from mapspan.outside_text import visible
from mapspan.review.options import Format
from mapspan.review.review import review_plan, write_review


def show_drift(environment_name: str, form: Format | None, output: Path | None) -> bool:
    """Show what a deploy would change, and return whether it would change anything.

    Raises:
        CommandError: terraform can't plan, its plan is incomplete, or the review can't be written.
    """
    environment = load(environment_name)
    url = find_deployment(environment_name).local_cloud_url
    synthesize(ROOT / "cdktf.out")
    plan, differs = new_plan(Terraform(stack_directory(environment_name), {"local_cloud_url": url} if url else None))
    if not differs:
        if plan.get("complete") is False:
            raise CommandError(
                f"whether {environment_name} has drifted is not known: terraform's plan is not complete, and what it"
                " contains changes nothing"
            )
        typer.echo(f"{environment_name} has not drifted: a deploy would change nothing", err=True)
        return False
    review = review_plan(environment, plan)
    write_review(review, form, output)
    typer.echo(
        f"mapspan: {environment_name} has drifted: what is deployed differs from"
        f" environments/{environment_name}.toml and the code",
        err=True,
    )
    if manual := review.plan.drifted_addresses:
        typer.echo(f"changed outside of terraform: {visible(', '.join(manual))}", err=True)
    return True


def new_plan(terraform: Terraform) -> tuple[dict[str, Any], bool]:
    """A new plan of the whole stack as terraform's JSON, and whether it would change anything.

    Raises:
        CommandError: terraform can't plan.
    """
    terraform.init()
    with tempfile.TemporaryDirectory() as directory:
        plan = Path(directory) / "plan"
        differs = terraform.plan_changes(plan)
        return dict(terraform.show_plan(plan)), differs
