"""`mapspan list`: the newest executions, of one environment or of all."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from mapspan.arguments import Json, OptionalEnvironmentName, environment_names
from mapspan.outside_text import visible_lines
from mapspan.running.seen_runs import remember_runs

if TYPE_CHECKING:
    from mapspan.results.runs.run_overview import RunOverview


def list_command(
    environment: OptionalEnvironmentName = None,
    limit: Annotated[
        int, typer.Option(min=1, max=100, help="How many executions of an environment to show, newest first.")
    ] = 10,
    *,
    as_json: Json = False,
) -> None:
    """Show the newest executions: status, start, duration, keys, cost, and who started them.

    Without an environment, shows those of all; the exit code is 1 if none of them could be read. A narrow terminal
    shows fewer columns; --json has everything. `failed` counts the keys to retry: failed and pending.
    """
    from rich.console import Console

    from mapspan.results.runs.run_table import run_lines
    from mapspan.running.terminal_lines import TerminalLines, allow_any_character

    allow_any_character()
    runs = _of_all(limit, as_json=as_json) if environment is None else _of_one(environment, limit)
    if as_json:
        for run in runs:
            typer.echo(json.dumps({"event": "execution", **run.as_json()}))
    elif runs:
        for line in run_lines(runs, TerminalLines.of(Console()), environments=environment is None):
            typer.echo(line)
    elif environment is not None:
        typer.echo(f"{environment} has no executions yet: `mapspan run {environment}` starts one")


def _of_one(environment: str, limit: int) -> list[RunOverview]:
    from mapspan.deployment import find_deployment
    from mapspan.results.runs.recent_runs import recent_runs

    runs = recent_runs(find_deployment(environment), limit)
    remember_runs(environment, [run.name for run in runs])
    return runs


def _of_all(limit: int, *, as_json: bool) -> list[RunOverview]:
    """The runs of every environment, the newest first. One that can't be read is named on stderr."""
    from botocore.exceptions import BotoCoreError, ClientError

    from environments.files import SettingsError
    from mapspan.aws_errors import sentence
    from mapspan.checkout import CommandError

    runs: list[RunOverview] = []
    read = 0
    for environment in environment_names():
        try:
            runs += _of_one(environment, limit)
            read += 1
        except (CommandError, SettingsError) as error:
            _name_unread(environment, str(error), as_json=as_json)
        except (ClientError, BotoCoreError) as error:
            _name_unread(environment, sentence(error), as_json=as_json)
    if not read:
        raise CommandError("no environment could be read: the lines above say why")
    return sorted(runs, key=lambda run: run.started, reverse=True)


def _name_unread(environment: str, reason: str, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"event": "unread", "environment": environment, "reason": reason}))
    else:
        typer.echo(f"{environment} was not read: {visible_lines(reason)}", err=True)
