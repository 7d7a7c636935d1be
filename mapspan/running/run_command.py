"""`mapspan run`: start an execution."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Annotated

import typer

from mapspan.arguments import EnvironmentName, Json
from mapspan.checkout import CommandError
from mapspan.running.seen_runs import remember_runs
from mapspan.running.watch_command import WatchOption


def run_command(
    environment: EnvironmentName,
    prefix: Annotated[
        list[str] | None,
        typer.Option(
            help="Process only keys that begin with this; repeat it for several prefixes. By default, all prefixes"
            " that the environment allows."
        ),
    ] = None,
    name: Annotated[str | None, typer.Option(help="The execution's name. By default, a unique one.")] = None,
    max_keys: Annotated[int | None, typer.Option(min=1, help="Process at most this many keys.")] = None,
    *,
    everything: Annotated[
        bool,
        typer.Option("--everything", help="Process everything again, in an environment whose runs are incremental."),
    ] = False,
    keys: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            dir_okay=False,
            help='Process the keys of this file: JSON Lines of {"Key": …} (docs/select.md).',
        ),
    ] = None,
    text: Annotated[
        str | None,
        typer.Option("--input", metavar="JSON", help="The execution's whole input, instead of the choices above."),
    ] = None,
    watch: WatchOption = False,
    as_json: Json = False,
) -> None:
    """Start an execution: list the source bucket, process every object, add up the ledger."""
    from rich.console import Console

    from mapspan.deployment import find_deployment
    from mapspan.running.execution import Execution
    from mapspan.running.follow import watch_execution
    from mapspan.running.given_keys import write_given_keys
    from mapspan.running.run_input import check_name, run_input
    from mapspan.running.start import name_in_use, print_start, refuse_a_name_in_use

    deployment = find_deployment(environment)
    execution_input = run_input(
        deployment.environment, text=text, prefixes=prefix or [], max_keys=max_keys, everything=everything
    )
    if keys is not None and execution_input:
        raise CommandError("--keys names all keys of the run: leave out the other choices")
    client = deployment.step_functions()
    if name is not None:
        check_name(name)
        refuse_a_name_in_use(deployment, client, name)
    if keys is not None:
        name = name or str(uuid.uuid4())
        execution_input = write_given_keys(deployment, keys, name=name, console=Console(stderr=True))
    try:
        execution = Execution.start(deployment, execution_input, name=name)
    except client.exceptions.ExecutionAlreadyExists as error:
        raise name_in_use(environment, str(name), "just started") from error
    remember_runs(environment, [execution.name])
    print_start(deployment, execution, execution_input, as_json=as_json)
    if watch:
        watch_execution(deployment, execution.arn, as_json=as_json)
