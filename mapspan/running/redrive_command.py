"""`mapspan redrive`: continue an execution that failed or was stopped."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import typer

from mapspan.arguments import EnvironmentName, ExecutionName, Json
from mapspan.checkout import CommandError
from mapspan.running.seen_runs import remember_runs
from mapspan.running.watch_command import WatchOption

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

    from mapspan.deployment import Deployment


def redrive_command(
    environment: EnvironmentName, execution: ExecutionName, *, watch: WatchOption = False, as_json: Json = False
) -> None:
    """Continue an execution that failed or was stopped: only its failed and pending children run again.

    The execution keeps the definition that it started with. The functions run the code that is deployed now.
    """
    from mapspan.deployment import find_deployment
    from mapspan.running.follow import watch_execution
    from mapspan.running.redrive_refusal import redrive_refusal

    deployment = find_deployment(environment)
    client, arn = deployment.step_functions(), deployment.execution_arn(execution)
    description = client.describe_execution(executionArn=arn)
    name = description["name"]
    remember_runs(environment, [name])
    if reason := redrive_refusal(description, environment):
        raise CommandError(reason)
    if _definition_changed(deployment, client, arn):
        typer.echo(
            f"mapspan: the definition of {environment} has changed since {name} started, and a redrive keeps the old"
            f" one; `mapspan retry {environment} {name}` uses the new one",
            err=True,
        )
    try:
        client.redrive_execution(executionArn=arn)
    except client.exceptions.ExecutionNotRedrivable as error:
        message = error.response["Error"].get("Message", "AWS gives no reason")
        raise CommandError(f"AWS does not redrive {name}: {message}") from error
    if as_json:
        typer.echo(json.dumps({"event": "redriven", "name": name, "execution_arn": arn}))
    else:
        typer.echo(f"{name} is running again")
    if watch:
        _await_redrive(client, arn, description.get("redriveCount", 0) + 1)
        watch_execution(deployment, arn, as_json=as_json)


def _await_redrive(client: SFNClient, execution_arn: str, redrives: int) -> None:
    """Wait until Step Functions describes the execution as redriven, at most ten seconds.

    DescribeExecution is eventually consistent: a watch could see the failure again, and end.
    https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeExecution.html
    """
    for _ in range(10):
        if client.describe_execution(executionArn=execution_arn).get("redriveCount", 0) >= redrives:
            return
        time.sleep(1)


def _definition_changed(deployment: Deployment, client: SFNClient, execution_arn: str) -> bool:
    then = client.describe_state_machine_for_execution(executionArn=execution_arn)["definition"]
    now = client.describe_state_machine(stateMachineArn=deployment.state_machine_arn)["definition"]
    return bool(json.loads(then) != json.loads(now))
