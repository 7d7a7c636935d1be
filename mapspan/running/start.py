"""What `mapspan run` checks before it starts an execution, and prints afterwards."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

import typer

from mapspan.checkout import CommandError
from mapspan.deployment import Deployment
from mapspan.running.execution import Execution

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


def print_start(
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


def refuse_a_name_in_use(deployment: Deployment, client: SFNClient, name: str) -> None:
    """Raise CommandError if an execution has this name.

    Checked before the start, because AWS answers a start that has the name and input of a running execution as if it
    had started it.
    """
    try:
        description = client.describe_execution(executionArn=deployment.execution_arn(name))
    except client.exceptions.ExecutionDoesNotExist:
        return
    status = f"{description['status']}, started {description['startDate']:%Y-%m-%d %H:%M}"
    raise name_in_use(deployment.environment.name, name, status)


def name_in_use(environment: str, name: str, status: str) -> CommandError:
    # https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
    return CommandError(
        f"{environment} already has an execution {name} ({status}), and AWS keeps a name for 90 days: choose another"
        f" --name, or follow that execution with `mapspan watch {environment} {name}`"
    )
