"""`mapspan review`: what a plan changes, and who may touch what afterwards."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Console

from environments.files import load
from mapspan.arguments import EnvironmentName
from mapspan.checkout import ROOT, CommandError, synthesize
from mapspan.deploying.saved_plan import SavedPlan, stack_directory
from mapspan.deploying.terraform import Terraform
from mapspan.deployment import find_deployment
from mapspan.review.page import markdown, terminal
from mapspan.review.page.chapters import chapters
from mapspan.review.page.picture import picture
from mapspan.review.review import Review, review

Format = Literal["markdown", "terminal", "json"]
BLOCKED = 3
_COLUMNS = 120


def review_plan(
    environment_name: EnvironmentName,
    plan: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="A plan that is there: what `terraform show -json` writes, or terraform's own file. By default one is"
            " made, and kept to be applied as it was reviewed.",
            dir_okay=False,
            exists=True,
        ),
    ] = None,
    *,
    form: Annotated[
        Format | None, typer.Option("--format", help="By default `terminal`, or `markdown` into a file or pipe.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write it there instead of to stdout.", dir_okay=False)
    ] = None,
    picture_file: Annotated[
        Path | None,
        typer.Option(
            "--picture", metavar="FILE", help="Write who may touch whose data as an SVG, too.", dir_okay=False
        ),
    ] = None,
    allow_destroy: Annotated[
        list[str] | None,
        typer.Option(metavar="ADDRESS", help="A resource that may be destroyed with what it holds; repeatable."),
    ] = None,
) -> None:
    """Say what a plan destroys, who gains or loses which access, and how the workflow changes.

    Exit codes: 0 nothing blocks the plan, 1 there is no review, with the reason on stderr, 2 the command is mistyped,
    3 the plan destroys what can't be brought back (data, logs, keys) and no --allow-destroy names it.
    """
    found = review(
        load(environment_name),
        given_plan(environment_name, plan) if plan else made_plan(environment_name),
        allow_destroy=allow_destroy or (),
    )
    if plan is None:
        saved = SavedPlan(stack_directory(environment_name))
        saved.discard() if found.blocking else saved.record_access(found.access.undecided)
    tell(found, form, output)
    if picture_file is not None:
        _write(picture(found), "--picture", picture_file)
    if found.access.undecided:
        typer.echo(f"mapspan: access not decided: {found.access.undecided}", err=True)
    if found.blocking:
        typer.echo(f"mapspan: blocked: {', '.join(loss.change.address for loss in found.blocking)}", err=True)
        raise typer.Exit(BLOCKED)


def given_plan(environment: str, plan: Path) -> dict[str, Any]:
    """A plan that is there as JSON: terraform's own file, of the environment's stack, or what it shows of it.

    Raises:
        CommandError: it is neither.
    """
    raw = plan.read_bytes()
    if raw.lstrip()[:1] != b"{":
        return Terraform(stack_directory(environment)).show_plan(plan.resolve())
    try:
        shown: Any = json.loads(raw)
    except ValueError as error:
        raise CommandError(f"--plan: {plan} is not JSON: {error}") from error
    return dict(shown)


def made_plan(environment: str) -> dict[str, Any]:
    """A plan of the stack as it is now, kept as the reviewed one (`SavedPlan`), as JSON.

    Raises:
        CommandError: the stack or the plan can't be made.
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


def tell(found: Review, form: Format | None, output: Path | None) -> None:
    """Print the review, or write it to `output`; without a `form`, in the one that suits the place.

    Raises:
        CommandError: `output` can't be written.
    """
    chosen: Format = form or ("terminal" if output is None and sys.stdout.isatty() else "markdown")
    if output is not None:
        _write(written(found, chosen), "--output", output)
    elif chosen == "terminal":
        terminal.show(chapters(found), Console())
    else:
        typer.echo(written(found, chosen), nl=False)


def written(found: Review, form: Format) -> str:
    if form == "json":
        return json.dumps(found.as_json(), indent=2) + "\n"
    if form == "markdown":
        return markdown.cut(markdown.markdown(chapters(found)))
    stream = io.StringIO()
    terminal.show(chapters(found), Console(width=_COLUMNS, file=stream))
    return stream.getvalue()


def _write(text: str, option: str, file: Path) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{option}: {file} can't be written: {error.strerror}") from error
