"""The command line `mapspan`."""

from __future__ import annotations

import json
import signal
import sys
from types import FrameType
from typing import Annotated, NoReturn

import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from environments.files import SettingsError
from local_cloud.process import LocalCloudError
from mapspan import aws_errors
from mapspan.checkout import CommandError
from mapspan.costs.estimate_command import estimate_run
from mapspan.deploying.bootstrap_command import bootstrap
from mapspan.deploying.deploy_command import deploy
from mapspan.deploying.drift_command import find_drift
from mapspan.local import local_commands
from mapspan.local.demo import demo as run_demo
from mapspan.results.report_command import report_run
from mapspan.review.review_command import review_plan
from mapspan.running import run_commands
from mapspan.running.outcome_display import ledger_line
from mapspan.running.retry import retry_run
from mapspan.source_access.access_command import check_access_
from modules.pipeline.workflow.names import KeySourceName

commands = typer.Typer(
    help="Process every object of an S3 bucket in another AWS account.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
commands.add_typer(local_commands.commands, name="local")
commands.add_typer(run_commands.commands)
commands.command(name="review")(review_plan)
commands.command(name="estimate")(estimate_run)
commands.command(name="report")(report_run)
commands.command(name="retry")(retry_run)
commands.command(name="bootstrap")(bootstrap)
commands.command(name="deploy")(deploy)
commands.command(name="drift")(find_drift)
commands.command(name="check-access")(check_access_)
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]


@commands.callback()
def _mapspan() -> None:
    """Process every object of an S3 bucket in another AWS account."""


@commands.command()
def demo(
    objects: Annotated[int, typer.Option(min=0, help="How many objects the source bucket gets.")] = 1_000,
    key_source: Annotated[KeySourceName, typer.Option(help="Where the keys come from.")] = "listing",
    *,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the local cloud running, as `local start` does.")] = False,
    as_json: Json = False,
) -> None:
    """Deploy to a local cloud and process another account's bucket there, from nothing to a ledger."""
    figures = run_demo(objects=objects, keep=keep, console=Console(stderr=True), key_source=key_source)
    if as_json:
        typer.echo(json.dumps(figures))
    elif figures["listed"] is not None:
        typer.echo(ledger_line(figures))
    if figures["status"] != "SUCCEEDED":
        raise typer.Exit(1)


def app() -> None:
    """Run a command; an expected error is one sentence on stderr and exit code 1, Ctrl-C is 130, SIGTERM 143."""
    signal.signal(signal.SIGTERM, _terminated)
    try:
        commands()
    except (CommandError, LocalCloudError, SettingsError) as error:
        sys.exit(f"mapspan: {error}")
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"mapspan: {aws_errors.sentence(error)}")
    except KeyboardInterrupt:
        sys.exit(130)


def _terminated(number: int, _: FrameType | None) -> NoReturn:
    """End as after an error, so that what a command started and wrote goes with it."""
    sys.exit(128 + number)
