"""`mapspan list`: the newest executions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from mapspan.arguments import EnvironmentName, Json
from mapspan.quantity import format_duration
from mapspan.results.ledger_text import ledger_line, looked_line
from mapspan.running.seen_runs import remember_runs

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.type_defs import ExecutionListItemTypeDef

    from mapspan.running.execution import Outcome


def list_command(
    environment: EnvironmentName,
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many executions to show, newest first.")] = 10,
    *,
    as_json: Json = False,
) -> None:
    """Show the newest executions: status, start, duration and ledger."""
    from rich.console import Console

    from mapspan.deployment import find_deployment
    from mapspan.running.execution import Execution
    from mapspan.running.terminal_lines import TerminalLines, allow_any_character

    deployment = find_deployment(environment)
    client = deployment.step_functions()
    allow_any_character()
    lines = TerminalLines.of(Console())
    items = client.list_executions(stateMachineArn=deployment.state_machine_arn, maxResults=limit)["executions"]
    remember_runs(environment, [item["name"] for item in items])
    for item in items:
        outcome = Execution(item["executionArn"], client).outcome()
        typer.echo(
            _json_line(item, outcome) if as_json else "\n".join(lines.packed(_columns(item, outcome), hanging=4))
        )
    if not items and not as_json:
        typer.echo(f"{environment} has no executions yet: `mapspan run {environment}` starts one")


def _json_line(item: ExecutionListItemTypeDef, outcome: Outcome) -> str:
    started = item["startDate"].isoformat(timespec="seconds")
    execution = {"name": item["name"], "started": started, "redriven": item.get("redriveCount", 0)}
    return json.dumps({**execution, **outcome.as_json(), "event": "execution"})


def _columns(item: ExecutionListItemTypeDef, outcome: Outcome) -> list[str]:
    started, duration = f"{item['startDate']:%Y-%m-%d %H:%M}", format_duration(outcome.seconds)
    columns = [f"{item['name']:36}", f"{outcome.status:9}", started, f"{duration:>12}"]
    columns.append(ledger_line(outcome.ledger) if outcome.ledger else outcome.error or "")
    if redrives := item.get("redriveCount", 0):
        columns.append(f"redriven {redrives}x")
    if looked := looked_line(outcome.output):
        columns.append(f"({looked})")
    return [column for column in columns if column]
