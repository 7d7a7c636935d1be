"""The commands that start executions and follow them: run, watch, list, stop, redrive."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from mapspan.arguments import EnvironmentName, ExecutionName, Json, MaybeExecutionName
from mapspan.checkout import CommandError
from mapspan.deployment import Deployment, find_deployment
from mapspan.quantity import format_duration
from mapspan.running import progress_display, watch
from mapspan.running.execution import Execution
from mapspan.running.outcome_display import EXIT_CODES, ledger_line, no_ledger_line, tell
from mapspan.running.redrive_refusal import refusal
from mapspan.running.run_input import check_name, run_input

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient
    from mypy_boto3_stepfunctions.type_defs import DescribeExecutionOutputTypeDef

LOCAL_POLL_SECONDS = 0.25
INTERRUPTED = 130  # what a shell makes of Ctrl-C
WatchIt = Annotated[bool, typer.Option("--watch", help="Follow it to its end, as `mapspan watch` does.")]


def run_command(
    environment: EnvironmentName,
    prefix: Annotated[
        list[str] | None,
        typer.Option(
            help="What keys begin with; give several if need be. All that the environment allows, by default."
        ),
    ] = None,
    name: Annotated[str | None, typer.Option(help="The execution's name; a unique one, unless given.")] = None,
    max_items: Annotated[int | None, typer.Option(min=1, help="Process no more than so many keys.")] = None,
    *,
    watch_it: WatchIt = False,
    as_json: Json = False,
) -> None:
    """Start an execution: list the source bucket, process every object, add up the ledger."""
    deployment = find_deployment(environment)
    given = run_input(deployment.environment, prefixes=prefix or [], max_items=max_items)
    client = deployment.step_functions()
    if name is not None:
        check_name(name)
        _refuse_a_name_that_is_taken(deployment, client, name)
    try:
        execution = Execution.start(deployment, given, name=name)
    except client.exceptions.ExecutionAlreadyExists as error:
        raise _taken(environment, str(name), "just started") from error
    _tell_start(deployment, execution, given, as_json=as_json)
    if watch_it:
        _watch(deployment, execution.arn, as_json=as_json)


def watch_command(environment: EnvironmentName, execution: MaybeExecutionName = None, *, as_json: Json = False) -> None:
    """Follow an execution to its end, and tell its ledger.

    Stop watching at any time with Ctrl-C, and start again: the execution goes on meanwhile.

    Exit code: 0 it succeeded, 1 it failed (or a sentence on stderr says what is wrong), 3 timed out, 4 was stopped.
    """
    deployment = find_deployment(environment)
    _watch(deployment, deployment.execution_arn(execution) if execution else _newest(deployment), as_json=as_json)


def list_command(
    environment: EnvironmentName,
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many, the newest first.")] = 10,
    *,
    as_json: Json = False,
) -> None:
    """Show the newest executions: status, start, duration, ledger."""
    deployment = find_deployment(environment)
    client = deployment.step_functions()
    listed = client.list_executions(stateMachineArn=deployment.state_machine_arn, maxResults=limit)["executions"]
    for each in listed:
        outcome = Execution(each["executionArn"], client).outcome()
        started, redriven = each["startDate"], each.get("redriveCount", 0)
        if as_json:
            told = {"name": each["name"], "started": started.isoformat(timespec="seconds"), "redriven": redriven}
            typer.echo(json.dumps({**told, **outcome.as_json(), "event": "execution"}))
        else:
            took = format_duration(outcome.seconds)
            ledger = ledger_line(outcome.ledger) if outcome.ledger else outcome.error or ""
            again = f"  redriven {redriven}x" if redriven else ""
            typer.echo(f"{each['name']:36}  {outcome.status:9}  {started:%Y-%m-%d %H:%M}  {took:>12}  {ledger}{again}")
    if not listed and not as_json:
        typer.echo(f"{environment} has no execution yet: `mapspan run {environment}` starts one")


def stop_command(environment: EnvironmentName, execution: ExecutionName) -> None:
    """Stop a running execution. What it processed stays processed; `mapspan retry` takes the rest."""
    deployment = find_deployment(environment)
    client, arn = deployment.step_functions(), deployment.execution_arn(execution)
    described = client.describe_execution(executionArn=arn)
    if described["status"] not in watch.RUNNING:
        raise CommandError(f"{described['name']} is not running: it is {described['status']}")
    client.stop_execution(executionArn=arn, error="Stopped", cause="by mapspan stop")
    typer.echo(f"{described['name']} stopped; `mapspan retry {environment} {described['name']}` takes what is left")


def redrive_command(
    environment: EnvironmentName, execution: ExecutionName, *, watch_it: WatchIt = False, as_json: Json = False
) -> None:
    """Go on with an execution that failed or was stopped: only its failed and pending children run again.

    It keeps the definition it was started with; its functions' code is today's.
    """
    deployment = find_deployment(environment)
    client, arn = deployment.step_functions(), deployment.execution_arn(execution)
    described = client.describe_execution(executionArn=arn)
    if reason := refusal(described, environment):
        raise CommandError(reason)
    if _definition_changed(deployment, client, arn):
        typer.echo(
            f"mapspan: {environment} has another definition than when {described['name']} started: the redrive goes on"
            f" with the old one (`mapspan retry {environment} {described['name']}` takes the new one)",
            err=True,
        )
    try:
        client.redrive_execution(executionArn=arn)
    except client.exceptions.ExecutionNotRedrivable as error:
        words = error.response["Error"].get("Message", "it says no more")
        raise CommandError(f"AWS does not redrive {described['name']}: {words}") from error
    if as_json:
        typer.echo(json.dumps({"event": "redriven", "name": described["name"], "execution_arn": arn}))
    else:
        typer.echo(f"{described['name']} goes on")
    if watch_it:
        _watch(deployment, arn, as_json=as_json)


def follow(deployment: Deployment, execution: Execution, *, as_json: bool = False) -> int:
    """Show an execution until it ended, then its ledger on stdout; returns the exit code that says its outcome."""
    console = Console()
    last = progress_display.show(execution.follow(poll_seconds=poll_seconds(deployment)), console, as_json=as_json)
    outcome = execution.outcome()
    if as_json:
        typer.echo(json.dumps({"name": execution.name, **outcome.as_json()}))
    else:
        tell(outcome, console)
        typer.echo(ledger_line(outcome.ledger) if outcome.ledger else no_ledger_line(last))
    return EXIT_CODES.get(outcome.status, 1)


def poll_seconds(deployment: Deployment) -> float:
    """AWS sustains one look a second; the local cloud has no such quota."""
    return watch.POLL_SECONDS if deployment.local_cloud_url is None else LOCAL_POLL_SECONDS


def _watch(deployment: Deployment, arn: str, *, as_json: bool) -> None:
    execution = Execution(arn, deployment.step_functions())
    try:
        code = follow(deployment, execution, as_json=as_json)
    except KeyboardInterrupt:
        again = f"`mapspan watch {deployment.environment.name} {execution.name}` follows it again"
        typer.echo(f"mapspan: {execution.name} goes on: {again}", err=True)
        code = INTERRUPTED
    if code:
        raise typer.Exit(code)


def _tell_start(deployment: Deployment, execution: Execution, given: dict[str, Any], *, as_json: bool) -> None:
    console_url, command = deployment.console_url(execution.arn), _start_command(deployment, given)
    if as_json:
        told = {"name": execution.name, "execution_arn": execution.arn, "input": given}
        typer.echo(json.dumps({"event": "started", **told, "console": console_url, "start_command": command}))
        return
    typer.echo(f"execution {execution.name} started")
    typer.echo(f"  console  {console_url or f'none: local cloud at {deployment.local_cloud_url}'}")
    typer.echo(f"  command  {command}")


def _start_command(deployment: Deployment, given: dict[str, Any]) -> str:
    """What starts the same with AWS's own command line."""
    endpoint = ["--endpoint-url", deployment.local_cloud_url] if deployment.local_cloud_url else []
    machine = ["--region", deployment.environment.region, "--state-machine-arn", deployment.state_machine_arn]
    return shlex.join(["aws", "stepfunctions", "start-execution", *machine, "--input", json.dumps(given), *endpoint])


def _refuse_a_name_that_is_taken(deployment: Deployment, client: SFNClient, name: str) -> None:
    """Asked before, because AWS answers a start with a running one's name and input as if it had started it."""
    try:
        described: DescribeExecutionOutputTypeDef = client.describe_execution(
            executionArn=deployment.execution_arn(name)
        )
    except client.exceptions.ExecutionDoesNotExist:
        return
    since = f"{described['status']}, started {described['startDate']:%Y-%m-%d %H:%M}"
    raise _taken(deployment.environment.name, name, since)


def _taken(environment: str, name: str, since: str) -> CommandError:
    # https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
    return CommandError(
        f"{environment} has an execution {name} already ({since}): take another name, which AWS keeps for 90 days,"
        f" or follow that one with `mapspan watch {environment} {name}`"
    )


def _definition_changed(deployment: Deployment, client: SFNClient, arn: str) -> bool:
    then = client.describe_state_machine_for_execution(executionArn=arn)["definition"]
    now = client.describe_state_machine(stateMachineArn=deployment.state_machine_arn)["definition"]
    return bool(json.loads(then) != json.loads(now))


def _newest(deployment: Deployment) -> str:
    listed = deployment.step_functions().list_executions(stateMachineArn=deployment.state_machine_arn, maxResults=1)
    if not listed["executions"]:
        name = deployment.environment.name
        raise CommandError(f"{name} has no execution yet: `mapspan run {name}` starts one")
    return listed["executions"][0]["executionArn"]
