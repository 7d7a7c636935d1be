"""Follows an execution on the terminal to its end."""

from __future__ import annotations

import json
from collections.abc import Iterator

import typer
from rich.console import Console

from mapspan.checkout import CommandError
from mapspan.deployment import Deployment
from mapspan.running import progress_display
from mapspan.running.execution import Execution
from mapspan.running.outcome_display import EXIT_CODES, outcome_line, show_outcome
from mapspan.running.progress import Progress
from mapspan.running.seen_runs import remember_runs
from mapspan.running.terminal_lines import allow_any_character
from mapspan.running.watch import LOCAL_POLL_SECONDS, POLL_SECONDS

INTERRUPTED = 130  # the exit code that a shell reports after Ctrl-C


def watch_execution(deployment: Deployment, arn: str, *, as_json: bool) -> None:
    """Follow an execution, and exit with the code of its outcome unless it succeeded."""
    allow_any_character()
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
    while True:
        polls = _remembered(deployment.environment.name, execution.name, execution.follow(poll_seconds=poll_seconds))
        last = progress_display.show(polls, console, as_json=as_json)
        outcome = execution.outcome()
        if last is None or outcome.status == last.status:
            break
        # The execution was redriven after the last poll.
    if as_json:
        typer.echo(json.dumps({"name": execution.name, **outcome.as_json()}))
    else:
        show_outcome(outcome, console)
        typer.echo(outcome_line(outcome, last))
    return EXIT_CODES.get(outcome.status, 1)


def _remembered(environment: str, name: str, polls: Iterator[Progress]) -> Iterator[Progress]:
    """The polls. The first one shows that the execution exists: its name is remembered then."""
    for number, progress in enumerate(polls):
        if number == 0:
            remember_runs(environment, [name])
        yield progress


def newest_execution(deployment: Deployment) -> str:
    """The ARN of the newest execution. Raises CommandError if none exists."""
    answer = deployment.step_functions().list_executions(stateMachineArn=deployment.state_machine_arn, maxResults=1)
    if not answer["executions"]:
        name = deployment.environment.name
        raise CommandError(f"{name} has no executions yet: `mapspan run {name}` starts one")
    return answer["executions"][0]["executionArn"]
