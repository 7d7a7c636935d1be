"""The door of this room: reviews a plan, and prints the review or writes it to a file."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

import typer
from rich.console import Console

from environments.environment import Environment
from mapspan.checkout import CommandError
from mapspan.review.changes.cost_change import cost_change
from mapspan.review.changes.definition_change import definition_changes
from mapspan.review.changes.loss import losses
from mapspan.review.changes.plan import read_plan
from mapspan.review.changes.policies import read_policies
from mapspan.review.changes.statement_change import statement_changes
from mapspan.review.iam.simulator import Simulator
from mapspan.review.page.chapters import chapters
from mapspan.review.page.markdown import cut, markdown
from mapspan.review.page.terminal import print_blocks
from mapspan.review.plan_review import PlanReview
from mapspan.review.who_may.access_table import access_table

Format = Literal["markdown", "terminal", "json"]
_COLUMNS = 120


def review_plan(
    environment: Environment,
    plan_json: Mapping[str, Any],
    *,
    allow_destroy: Iterable[str] = (),
    simulator: Simulator | None = None,
) -> PlanReview:
    """The review of a plan of `environment`, as `terraform show -json` prints it.

    Args:
        allow_destroy: the addresses whose destruction is allowed.
        simulator: a running one; by default one is started for this review.

    Raises:
        CommandError: this is not a plan, or the plan is incomplete.
    """
    plan = read_plan(plan_json, bucket_accounts={environment.source.bucket: environment.source.account_id})
    policies = read_policies(plan)
    addresses = tuple(allow_destroy)
    return PlanReview(
        environment=environment,
        plan=plan,
        allow_destroy=addresses,
        losses=losses(plan, addresses),
        statements=statement_changes(plan, policies),
        access=access_table(plan, policies, environment, simulator),
        definitions=definition_changes(plan),
        cost=cost_change(plan, environment),
    )


def print_review(review: PlanReview, form: Format | None, output: Path | None) -> None:
    """Print the review, or write it to the file `output`.

    Args:
        form: by default `terminal` on a terminal, else `markdown`.

    Raises:
        CommandError: `output` can't be written.
    """
    chosen: Format = form or ("terminal" if output is None and sys.stdout.isatty() else "markdown")
    if output is not None:
        write_file(render_review(review, chosen), "--output", output)
    elif chosen == "terminal":
        print_blocks(chapters(review), Console())
    else:
        typer.echo(render_review(review, chosen), nl=False)


def render_review(review: PlanReview, form: Format) -> str:
    """The review as text in one of its formats."""
    if form == "json":
        return json.dumps(review.as_json(), indent=2) + "\n"
    if form == "markdown":
        return cut(markdown(chapters(review)))
    stream = io.StringIO()
    print_blocks(chapters(review), Console(width=_COLUMNS, file=stream))
    return stream.getvalue()


def write_file(text: str, option: str, file: Path) -> None:
    """Write a file that a command's option names.

    Raises:
        CommandError: it can't be written.
    """
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{option}: {file} can't be written: {error.strerror}") from error
