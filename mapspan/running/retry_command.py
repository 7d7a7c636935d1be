"""`mapspan retry`: a new execution over the keys that a run left undone."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from mapspan.arguments import EnvironmentName, ExecutionName, Json
from mapspan.checkout import CommandError
from mapspan.outside_text import visible
from mapspan.quantity import format_usd
from mapspan.running.seen_runs import remember_runs

if TYPE_CHECKING:
    from mapspan.deployment import Deployment
    from mapspan.results.finished_run import FinishedRun
    from mapspan.running.execution import Execution
    from mapspan.running.remainder import Remainder


def retry_command(
    environment: EnvironmentName,
    execution: ExecutionName,
    error: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Only the keys whose last outcome is this error, as the report names it; Pending for keys that were"
            " never tried. Repeat it for several errors.",
        ),
    ] = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Start without a question.")] = False,
    as_json: Json = False,
) -> None:
    """Start a new execution over the keys of a run that failed or were never tried.

    Works however the run ended: succeeded, failed, timed out or stopped. Prints how many keys are left, by error, and
    what they will cost, and asks before it starts. If no key is left, it prints that and starts nothing; the exit code
    is 0. A run whose Map Run ended before it had read every key is refused while `mapspan redrive` can continue it.
    """
    from mapspan.deployment import find_deployment
    from mapspan.results.finished_run import find_run
    from mapspan.running.execution import Execution
    from mapspan.running.remainder import write_remainder
    from mapspan.running.run_input import check_input

    deployment = find_deployment(environment)
    run = find_run(deployment, execution)
    remember_runs(environment, [run.name])
    remainder = write_remainder(deployment, run, list(dict.fromkeys(error or ())))
    for line in _plan(run, remainder):
        typer.echo(line, err=as_json)
    retry = None
    if remainder.keys != 0:
        check_input(deployment.environment, remainder.run_input)
        if not yes:
            _confirm()
        retry = Execution.start(deployment, remainder.run_input)
        remember_runs(environment, [retry.name])
    _print_start(deployment, run, remainder, retry, as_json=as_json)


def _plan(run: FinishedRun, remainder: Remainder) -> Iterator[str]:
    """What the retry will process, and what that costs."""
    from mapspan.costs.cost import BETWEEN_REGIONS

    yield f"{run.name}: {remainder.reason}"
    if not remainder.keys:
        return
    yield "  errors    " + ", ".join(f"{visible(error)} {keys:,}" for error, keys in remainder.errors.items())
    if remainder.usd is None:
        yield f"  cost      unknown: {run.name} tried no key, so it measured no time"
        return
    # Only the results have the sizes, and the list of a run that succeeded is taken without them.
    unsized = any(cost.name == BETWEEN_REGIONS and not cost.usd for cost in remainder.costs or ())
    transfer = " without the transfer between Regions" if unsized else ""
    yield f"  cost      at most {format_usd(remainder.usd)}{transfer}, if each key takes as long as in {run.name}"


def _confirm() -> None:
    try:
        if typer.confirm("Start a new execution?", err=True):
            return
    except typer.Abort as error:
        raise CommandError("nothing was started: no answer; pass --yes to skip the question") from error
    raise CommandError("nothing was started")


def _print_start(
    deployment: Deployment, run: FinishedRun, remainder: Remainder, retry: Execution | None, *, as_json: bool
) -> None:
    """`retry` is None if nothing was left to start."""
    console_url = deployment.console_url(retry.arn) if retry else None
    if as_json:
        answer = {
            "retried": run.name,
            "keys": remainder.keys,
            "errors": remainder.errors,
            "costs": [dataclasses.asdict(cost) for cost in remainder.costs or ()],
            "usd": None if remainder.usd is None else round(remainder.usd, 4),
            "input": remainder.run_input,
            "execution": retry.name if retry else None,
            "execution_arn": retry.arn if retry else None,
            "console_url": console_url,
        }
        typer.echo(json.dumps(answer))
    elif retry:
        typer.echo(f"started   {retry.name}")
        if console_url:
            typer.echo(f"console   {console_url}")
        typer.echo(f"next      mapspan watch {deployment.environment.name} {retry.name}")
