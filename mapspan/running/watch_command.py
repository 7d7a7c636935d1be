"""`mapspan watch`: follow an execution to its end."""

from __future__ import annotations

from typing import Annotated

import typer

from mapspan.arguments import EnvironmentName, Json, MaybeExecutionName

WatchOption = Annotated[bool, typer.Option("--watch", help="Follow it to its end, as `mapspan watch` does.")]


def watch_command(environment: EnvironmentName, execution: MaybeExecutionName = None, *, as_json: Json = False) -> None:
    """Follow an execution to its end, and print its ledger.

    Ctrl-C ends the watching, not the execution: watch it again at any time.

    Exit code: 0 if it succeeded, 1 if it failed (or a sentence on stderr says what is wrong), 3 if it timed out, 4 if
    it was stopped.
    """
    from mapspan.deployment import find_deployment
    from mapspan.running.follow import newest_execution, watch_execution

    deployment = find_deployment(environment)
    arn = deployment.execution_arn(execution) if execution else newest_execution(deployment)
    watch_execution(deployment, arn, as_json=as_json)
