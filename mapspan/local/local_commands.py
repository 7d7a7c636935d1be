"""`mapspan local`: a local cloud that keeps running for a person."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from local_cloud import process
from mapspan.checkout import LOCAL_CLOUD
from mapspan.local import local_deployment

commands = typer.Typer(help="Two local AWS accounts on loopback, IAM enforced.", no_args_is_help=True)


@commands.command()
def start(
    objects: Annotated[int, typer.Option(min=0, help="Sample objects in the source account's bucket.")] = 1_000,
    port: Annotated[int | None, typer.Option(help="The port, if not the one in environments/local.toml.")] = None,
) -> None:
    """Start it, with a bucket in the source account, ready for `cdktf deploy local`."""
    local = local_deployment.kept(port)
    local.fill_source_bucket(objects)
    source = local.environment.source
    typer.echo(f"local cloud at {local.endpoint_url}: {source.bucket} of account {source.account_id} is ready")
    if local.endpoint_url != local.environment.local_cloud_url:
        typer.echo(f"deploy with TF_VAR_local_cloud_url={local.endpoint_url}")


@commands.command()
def status(
    *, as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False
) -> None:
    """Say whether it runs, and where; exit code 1 if it doesn't."""
    running = process.status(LOCAL_CLOUD)
    url = running.endpoint_url if running else None
    typer.echo(json.dumps({"running": running is not None, "endpoint_url": url}) if as_json else url or "not running")
    if running is None:
        raise typer.Exit(1)


@commands.command()
def stop() -> None:
    """Stop it, and forget everything in it."""
    stopped = process.stop_detached(LOCAL_CLOUD)
    typer.echo("stopped" if stopped else "it was not running")
