"""`mapspan run`: start an execution."""

from __future__ import annotations

import json
import shlex
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from mapspan.arguments import EnvironmentName, Json
from mapspan.checkout import CommandError
from mapspan.deployment import Deployment, find_deployment
from mapspan.running.execution import Execution
from mapspan.running.given_keys import write_given_keys
from mapspan.running.run_input import check_name, run_input
from mapspan.running.watch_command import WatchOption, watch_execution

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


def run_command(
    environment: EnvironmentName,
    prefix: Annotated[
        list[str] | None,
        typer.Option(
            help="Process only keys that begin with this; repeat it for several prefixes. By default, all prefixes"
            " that the environment allows."
        ),
    ] = None,
    name: Annotated[str | None, typer.Option(help="The execution's name. By default, a unique one.")] = None,
    max_keys: Annotated[int | None, typer.Option(min=1, help="Process at most this many keys.")] = None,
    *,
    everything: Annotated[
        bool,
        typer.Option("--everything", help="Process everything again, in an environment whose runs are incremental."),
    ] = False,
    keys: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            dir_okay=False,
            help='Process the keys of this file: JSON Lines of {"Key": …} (docs/select.md).',
        ),
    ] = None,
    text: Annotated[
        str | None,
        typer.Option("--input", metavar="JSON", help="The execution's whole input, instead of the choices above."),
    ] = None,
    watch: WatchOption = False,
    as_json: Json = False,
) -> None:
    """Start an execution: list the source bucket, process every object, add up the ledger."""
    deployment = find_deployment(environment)
    execution_input = run_input(
        deployment.environment, text=text, prefixes=prefix or [], max_keys=max_keys, everything=everything
    )
    if keys is not None and execution_input:
        raise CommandError("--keys names all keys of the run: leave out the other choices")
    client = deployment.step_functions()
    if name is not None:
        check_name(name)
        _refuse_a_name_in_use(deployment, client, name)
    if keys is not None:
        name = name or str(uuid.uuid4())
        execution_input = write_given_keys(deployment, keys, name=name, console=Console(stderr=True))
    try:
        execution = Execution.start(deployment, execution_input, name=name)
    except client.exceptions.ExecutionAlreadyExists as error:
        raise _name_in_use(environment, str(name), "just started") from error
    _print_start(deployment, execution, execution_input, as_json=as_json)
    if watch:
        watch_execution(deployment, execution.arn, as_json=as_json)


def _print_start(
    deployment: Deployment, execution: Execution, execution_input: dict[str, Any], *, as_json: bool
) -> None:
    console_url, command = deployment.console_url(execution.arn), _start_command(deployment, execution_input)
    if as_json:
        started = {"name": execution.name, "execution_arn": execution.arn, "input": execution_input}
        typer.echo(json.dumps({"event": "started", **started, "console": console_url, "start_command": command}))
        return
    typer.echo(f"execution {execution.name} started")
    typer.echo(f"  console  {console_url or f'none: local cloud at {deployment.local_cloud_url}'}")
    typer.echo(f"  command  {command}")


def _start_command(deployment: Deployment, execution_input: dict[str, Any]) -> str:
    """The command that starts the same execution with AWS's own command line."""
    endpoint = ["--endpoint-url", deployment.local_cloud_url] if deployment.local_cloud_url else []
    machine = ["--region", deployment.environment.region, "--state-machine-arn", deployment.state_machine_arn]
    json_input = json.dumps(execution_input)
    return shlex.join(["aws", "stepfunctions", "start-execution", *machine, "--input", json_input, *endpoint])


def _refuse_a_name_in_use(deployment: Deployment, client: SFNClient, name: str) -> None:
    """Raise CommandError if an execution has this name.

    Checked before the start, because AWS answers a start that has the name and input of a running execution as if it
    had started it.
    """
    try:
        description = client.describe_execution(executionArn=deployment.execution_arn(name))
    except client.exceptions.ExecutionDoesNotExist:
        return
    status = f"{description['status']}, started {description['startDate']:%Y-%m-%d %H:%M}"
    raise _name_in_use(deployment.environment.name, name, status)


def _name_in_use(environment: str, name: str, status: str) -> CommandError:
    # https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
    return CommandError(
        f"{environment} already has an execution {name} ({status}), and AWS keeps a name for 90 days: choose another"
        f" --name, or follow that execution with `mapspan watch {environment} {name}`"
    )
