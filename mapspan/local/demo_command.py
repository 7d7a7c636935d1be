"""`mapspan demo`: the whole pipeline on a local cloud."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.console import Console

from mapspan.arguments import Json
from mapspan.local.demo import demo
from mapspan.results.ledger_text import ledger_line
from modules.pipeline.workflow.names import LISTING, KeySourceName


def demo_command(
    objects: Annotated[int, typer.Option(min=0, help="How many objects to put into the source bucket.")] = 1_000,
    key_source: Annotated[KeySourceName, typer.Option(help="Where the keys come from.")] = LISTING,
    *,
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave the local cloud running, as `mapspan local start` does.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Start a local cloud, deploy to it, process another account's bucket, and print the ledger."""
    figures = demo(objects=objects, keep=keep, console=Console(stderr=True), key_source=key_source)
    if as_json:
        typer.echo(json.dumps(figures))
    elif figures["listed"] is not None:
        typer.echo(f"ledger: {ledger_line(figures)}")
    if figures["status"] != "SUCCEEDED":
        raise typer.Exit(1)
