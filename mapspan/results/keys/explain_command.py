"""`mapspan explain`: all that is known of one key of a run."""

from __future__ import annotations

from typing import Annotated

import typer

from mapspan.arguments import EnvironmentName, ExecutionName, Json


def explain_command(
    environment: EnvironmentName,
    execution: ExecutionName,
    key: Annotated[str, typer.Argument(metavar="KEY", help="The key, exactly as the bucket has it.")],
    *,
    as_json: Json = False,
) -> None:
    """Show what a run did with one key: where it was listed, its batch, its outcome and whole cause, its log lines, and
    the command that retries it.

    Reads the result files and the key list up to the key, and shows how far it is on stderr.

    Exit code: 1 if the key is not in this run.
    """
    from mapspan.results.keys.explanation import explain

    explain(environment, execution, key, as_json=as_json)
