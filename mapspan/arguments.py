"""The arguments that several commands take."""

from __future__ import annotations

from typing import Annotated

import typer

from environments.files import DIRECTORY


def environment_names() -> list[str]:
    """The environments there are files for."""
    return sorted(path.stem for path in DIRECTORY.glob("*.toml"))


def _completed(incomplete: str) -> list[str]:
    return [name for name in environment_names() if name.startswith(incomplete)]


EnvironmentName = Annotated[
    str,
    typer.Argument(
        metavar="ENVIRONMENT",
        help=f"One of environments/*.toml: {', '.join(environment_names())}.",
        autocompletion=_completed,
    ),
]
ExecutionName = Annotated[
    str, typer.Argument(metavar="EXECUTION", help="Its name or ARN; `mapspan list` shows those there are.")
]
MaybeExecutionName = Annotated[
    str | None, typer.Argument(metavar="EXECUTION", help="Its name or ARN; the newest one, unless given.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON on stdout, one object a line.")]
