"""`mapspan local`: start, show and stop a local cloud that keeps running."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from mapspan.arguments import Json
from mapspan.checkout import LOCAL_CLOUD


def local_start_command(
    objects: Annotated[int, typer.Option(min=0, help="How many sample objects to put into the source bucket.")] = 1_000,
    port: Annotated[int | None, typer.Option(help="The port. By default the one in environments/local.toml.")] = None,
) -> None:
    """Start the local cloud and fill the source bucket, ready for `cdktf deploy local`."""
    from mapspan.local import local_deployment

    local = local_deployment.kept(port)
    local.fill_source_bucket(objects)
    source = local.environment.source
    typer.echo(f"local cloud at {local.endpoint_url}: {source.bucket} of account {source.account_id} is ready")
    if local.endpoint_url != local.environment.local_cloud_url:
        typer.echo(f"deploy with TF_VAR_local_cloud_url={local.endpoint_url}")


def local_status_command(*, as_json: Json = False) -> None:
    """Show whether the local cloud is running, and where. Exit code 1 if it isn't."""
    from local_cloud import detached

    running = detached.running_cloud(LOCAL_CLOUD)
    url = running.endpoint_url if running else None
    typer.echo(json.dumps({"running": running is not None, "endpoint_url": url}) if as_json else url or "not running")
    if running is None:
        raise typer.Exit(1)


def local_stop_command() -> None:
    """Stop the local cloud and delete everything in it."""
    from local_cloud import detached

    stopped = detached.stop_detached(LOCAL_CLOUD)
    typer.echo("stopped" if stopped else "it was not running")
