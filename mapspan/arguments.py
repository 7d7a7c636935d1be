"""The arguments and options that several commands share, and what the shell completes them with."""

from __future__ import annotations

from typing import Annotated

import typer

from environments.directory import environment_files
from mapspan.running.seen_runs import seen_runs


def environment_names() -> list[str]:
    """The names of the files in environments/, without `.toml`."""
    return [path.stem for path in environment_files()]


def _complete_environment(incomplete: str) -> list[str]:
    return [name for name in environment_names() if name.startswith(incomplete)]


def complete_run(context: typer.Context, incomplete: str) -> list[str]:
    """The runs of the environment typed before, as far as a command has seen them. Asks AWS for nothing."""
    # Before an option without its value, typer parses no argument: the words are left as they are.
    words = (context.params.get("environment"), context.params.get("environment_name"), *context.args)
    environment = next((word for word in words if word), "")
    return [name for name in seen_runs(environment) if name.startswith(incomplete)]


EnvironmentName = Annotated[
    str,
    typer.Argument(
        metavar="ENVIRONMENT",
        help="The name of a file in environments/, without .toml.",
        autocompletion=_complete_environment,
    ),
]
OptionalEnvironmentName = Annotated[
    str | None,
    typer.Argument(
        metavar="ENVIRONMENT",
        help="The name of a file in environments/, without .toml. By default all of them.",
        autocompletion=_complete_environment,
    ),
]
MaybeEnvironmentName = Annotated[
    str | None,
    typer.Option(
        "--environment",
        metavar="ENVIRONMENT",
        help="The name of a file in environments/, without .toml.",
        autocompletion=_complete_environment,
    ),
]
ExecutionName = Annotated[
    str,
    typer.Argument(
        metavar="EXECUTION",
        help="The execution's name or ARN; `mapspan list` shows them.",
        autocompletion=complete_run,
    ),
]
MaybeExecutionName = Annotated[
    str | None,
    typer.Argument(
        metavar="EXECUTION",
        help="The execution's name or ARN. By default the newest one.",
        autocompletion=complete_run,
    ),
]
OptionalExecutionName = Annotated[
    str | None,
    typer.Argument(
        metavar="EXECUTION",
        help="The execution's name or ARN; `mapspan list` shows them.",
        autocompletion=complete_run,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON on stdout, one object per line.")]
