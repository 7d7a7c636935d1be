"""`mapspan stop`: stop a running execution."""

from __future__ import annotations

import typer

from mapspan.arguments import EnvironmentName, ExecutionName
from mapspan.checkout import CommandError
from mapspan.running.seen_runs import remember_runs


def stop_command(environment: EnvironmentName, execution: ExecutionName) -> None:
    """Stop a running execution. Processed keys stay processed; `mapspan retry` processes the rest."""
    from mapspan.deployment import find_deployment
    from mapspan.running.watch import RUNNING

    deployment = find_deployment(environment)
    client, arn = deployment.step_functions(), deployment.execution_arn(execution)
    description = client.describe_execution(executionArn=arn)
    name = description["name"]
    remember_runs(environment, [name])
    if description["status"] not in RUNNING:
        raise CommandError(f"{name} is not running: it is {description['status']}")
    client.stop_execution(executionArn=arn, error="Stopped", cause="by mapspan stop")
    typer.echo(f"{name} is stopped: `mapspan retry {environment} {name}` processes the remaining keys")
