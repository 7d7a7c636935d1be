"""`mapspan demo`: the whole pipeline on a local cloud."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from mapspan.arguments import Json
from mapspan.results.ledger_text import ledger_line
from modules.pipeline.workflow.names import LISTING, KeySourceName


def demo_command(
    objects: Annotated[int, typer.Option(min=0, help="How many objects to put into the source bucket.")] = 1_000,
    key_source: Annotated[KeySourceName, typer.Option(help="Where the keys come from.")] = LISTING,
    job: Annotated[
        str | None,
        typer.Option(
            metavar="JOB",
            help="The job to run: a directory, or a name as for `mapspan try`. Its samples, repeated under other keys,"
            " are the objects. By default, the job of environments/local.toml and sample objects.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", file_okay=False, help="Copy the objects of the job's output bucket to this directory."
        ),
    ] = None,
    *,
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave the local cloud running, as `mapspan local start` does.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Start a local cloud, deploy to it, process another account's bucket, and print the ledger."""
    from rich.console import Console

    from mapspan.jobs.named_job import named_job
    from mapspan.local.demo import demo

    figures = demo(
        objects=objects,
        keep=keep,
        console=Console(stderr=True),
        key_source=key_source,
        job=named_job(job) if job else None,
        output=output,
    )
    if as_json:
        typer.echo(json.dumps(figures))
    elif figures["listed"] is not None:
        typer.echo(f"ledger: {ledger_line(figures)}")
    if figures["status"] != "SUCCEEDED":
        raise typer.Exit(1)
