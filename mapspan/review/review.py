"""The door of this room: reviews a plan, and writes the review where it was asked for."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import typer
from rich.console import Console

from environments.environment import Environment
from mapspan.deployment import Deployment
from mapspan.review.changes.cost_change import cost_change
from mapspan.review.changes.definition_change import definition_changes
from mapspan.review.changes.loss import losses
from mapspan.review.changes.plan import read_plan
from mapspan.review.changes.policies import read_policies
from mapspan.review.changes.replaced_policy import replaced_policies
from mapspan.review.changes.start_over import reasons_to_start_over
from mapspan.review.changes.statement_change import statement_changes
from mapspan.review.iam.simulator import Simulator
from mapspan.review.live_policies import LivePolicies, read_live_policies
from mapspan.review.options import Format
from mapspan.review.page.chapters import chapters
from mapspan.review.page.markdown import CUT, LIMIT, cut, markdown
from mapspan.review.page.picture import picture
from mapspan.review.page.terminal import print_blocks
from mapspan.review.plan_review import PlanReview
from mapspan.review.who_may.access_table import access_table
from mapspan.review.who_may.undecided_access import undecided_access
from mapspan.review.writing import write_file, write_stdout

_COLUMNS = 120


def review_plan(
    environment: Environment,
    plan_json: Mapping[str, Any],
    *,
    allow_destroy: Iterable[str] = (),
    simulator: Simulator | None = None,
    deployment: Deployment | None = None,
) -> PlanReview:
    """The review of a plan of `environment`, as `terraform show -json` prints it.

    Args:
        allow_destroy: the addresses whose destruction is allowed.
        simulator: a running one; by default one is started for this review.
        deployment: whose accounts to ask about policies that the plan writes over or changes; by default none is asked.

    Raises:
        CommandError: this is not a plan, or the plan is incomplete.
    """
    plan = read_plan(plan_json, bucket_accounts={environment.source.bucket: environment.source.account_id})
    policies = read_policies(plan)
    addresses = tuple(allow_destroy)
    live = read_live_policies(plan, deployment) if deployment is not None else LivePolicies()
    statements = statement_changes(plan, policies)
    access = access_table(plan, policies, environment, simulator)
    return PlanReview(
        environment=environment,
        plan=plan,
        allow_destroy=addresses,
        losses=losses(plan, addresses),
        replaced_policies=replaced_policies(plan, policies, live.bucket_policies),
        statements=statements,
        access=access,
        undecided_access=sorted({*access.gaps, *undecided_access(plan, statements, live.policy_holders)}),
        definitions=definition_changes(plan),
        cost=cost_change(plan, environment),
        start_over=reasons_to_start_over(plan, environment),
    )


def write_review(
    review: PlanReview, form: Format | None, output: Path | None, picture_file: Path | None = None
) -> bool:
    """Write the review to stdout, or to the file `output`, and its picture to a file. Returns whether it was whole.

    All of it is rendered before any of it is written.

    Args:
        form: by default `terminal` on a terminal, else `markdown`.

    Raises:
        CommandError: it can't be written.
    """
    on_terminal = output is None and sys.stdout is not None and sys.stdout.isatty()
    chosen: Format = form or ("terminal" if on_terminal else "markdown")
    shown_here = chosen == "terminal" and output is None
    text = _for_terminal(review, Console()) if shown_here else render_review(review, chosen)
    svg = picture(review) if picture_file is not None else ""
    if output is None:
        write_stdout(text)
    else:
        write_file(text, "--output", output)
    if picture_file is not None:
        write_file(svg, "--picture", picture_file)
    whole = not (chosen == "markdown" and text.endswith(CUT))
    if not whole:
        typer.echo(
            f"mapspan: the review was cut to {LIMIT:,} characters, the longest comment: see all of it with"
            " --format terminal",
            err=True,
        )
    return whole


def render_review(review: PlanReview, form: Format) -> str:
    """The review as text in one of its formats."""
    if form == "json":
        return json.dumps(review.as_json(), indent=2) + "\n"
    if form == "markdown":
        return cut(markdown(chapters(review)))
    return _for_terminal(review, Console(width=_COLUMNS, file=io.StringIO()))


def _for_terminal(review: PlanReview, console: Console) -> str:
    """The review as this console would print it."""
    with console.capture() as capture:
        print_blocks(chapters(review), console)
    return capture.get()
