"""`mapspan logs`: what the worker function logged about keys of a run."""

from __future__ import annotations

from typing import Annotated

import typer

from mapspan.arguments import EnvironmentName, ExecutionName, Json
from mapspan.checkout import CommandError


def logs_command(
    environment: EnvironmentName,
    execution: ExecutionName,
    key: Annotated[
        list[str] | None, typer.Option("--key", metavar="KEY", help="Only the lines of this key. May be repeated.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many failed keys to show at most.")] = 20,
    *,
    failed: Annotated[bool, typer.Option("--failed", help="The keys that failed: the default without --key.")] = False,
    as_json: Json = False,
) -> None:
    """Show what the function logged about keys of a run: tracebacks, and the lines of the invocations that tried them.

    Without --key, it shows the keys that failed. Works while the run is still going on. stderr says which lines the log
    group's retention has deleted, and how many keys are not shown. With --json, each line is an object; a key without
    lines is an object that says why.

    Exit code: 1 if no line was found.
    """
    if key and failed:
        raise CommandError("--key and --failed exclude each other: leave one out")
    from mapspan.results.keys.run_log_display import show_log

    show_log(environment, execution, key or [], limit=limit, as_json=as_json)
