"""`mapspan watch`: follow an execution to its end."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.console import Console

from mapspan.arguments import EnvironmentName, Json, MaybeExecutionName
from mapspan.checkout import CommandError
from mapspan.deployment import Deployment, find_deployment
from mapspan.running import progress_display
from mapspan.running.execution import Execution
from mapspan.running.outcome_display import EXIT_CODES, outcome_line, show_outcome
from mapspan.running.watch import LOCAL_POLL_SECONDS, POLL_SECONDS

INTERRUPTED = 130  # the exit code that a shell reports after Ctrl-C
WatchOption = Annotated[bool, typer.Option("--watch", help="Follow it to its end, as `mapspan watch` does.")]


def watch_command(environment: EnvironmentName, execution: MaybeExecutionName = None, *, as_json: Json = False) -> None:
    """Follow an execution to its end, and print its ledger.

    Ctrl-C ends the watching, not the execution: watch it again at any time.

    Exit code: 0 if it succeeded, 1 if it failed (or a sentence on stderr says what is wrong), 3 if it timed out, 4 if
    it was stopped.
    """
    deployment = find_deployment(environment)
    arn = deployment.execution_arn(execution) if execution else _newest_execution(deployment)
    watch_execution(deployment, arn, as_json=as_json)


def watch_execution(deployment: Deployment, arn: str, *, as_json: bool) -> None:
    """Follow an execution, and exit with the code of its outcome unless it succeeded."""
    execution = Execution(arn, deployment.step_functions())
    try:
        code = _follow(deployment, execution, as_json=as_json)
    except KeyboardInterrupt:
        again = f"`mapspan watch {deployment.environment.name} {execution.name}` follows it again"
        typer.echo(f"mapspan: {execution.name} is still running: {again}", err=True)
        code = INTERRUPTED
    if code:
        raise typer.Exit(code)


def _follow(deployment: Deployment, execution: Execution, *, as_json: bool) -> int:
    """Show an execution until it ends, then print its ledger on stdout; returns the exit code of its outcome."""
    console = Console()
    poll_seconds = POLL_SECONDS if deployment.local_cloud_url is None else LOCAL_POLL_SECONDS
    last = progress_display.show(execution.follow(poll_seconds=poll_seconds), console, as_json=as_json)
    outcome = execution.outcome()
    if as_json:
        typer.echo(json.dumps({"name": execution.name, **outcome.as_json()}))
    else:
        show_outcome(outcome, console)
        typer.echo(outcome_line(outcome, last))
    return EXIT_CODES.get(outcome.status, 1)


def _newest_execution(deployment: Deployment) -> str:
    answer = deployment.step_functions().list_executions(stateMachineArn=deployment.state_machine_arn, maxResults=1)
    if not answer["executions"]:
        name = deployment.environment.name
        raise CommandError(f"{name} has no executions yet: `mapspan run {name}` starts one")
    return answer["executions"][0]["executionArn"]
