"""The arguments and options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

from environments.files import DEFAULTS, DIRECTORY


def environment_names() -> list[str]:
    """The names of the files in environments/, without `.toml`."""
    return sorted(path.stem for path in DIRECTORY.glob("*.toml") if path.stem != DEFAULTS)


def _complete(incomplete: str) -> list[str]:
    return [name for name in environment_names() if name.startswith(incomplete)]


EnvironmentName = Annotated[
    str,
    typer.Argument(
        metavar="ENVIRONMENT", help="The name of a file in environments/, without .toml.", autocompletion=_complete
    ),
]
MaybeEnvironmentName = Annotated[
    str | None,
    typer.Option(
        "--environment",
        metavar="ENVIRONMENT",
        help="The name of a file in environments/, without .toml.",
        autocompletion=_complete,
    ),
]
ExecutionName = Annotated[
    str, typer.Argument(metavar="EXECUTION", help="The execution's name or ARN; `mapspan list` shows them.")
]
MaybeExecutionName = Annotated[
    str | None, typer.Argument(metavar="EXECUTION", help="The execution's name or ARN. By default the newest one.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON on stdout, one object per line.")]
