"""`mapspan estimate`: what a run will take and cost, and what would be better."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Column, Table

from environments.environment import Environment
from environments.files import load
from mapspan import quantity
from mapspan.arguments import EnvironmentName, Json
from mapspan.checkout import CommandError
from mapspan.costs.estimate import Estimate, Workload, better, estimate, useful_concurrency, warnings
from mapspan.costs.prices import as_of

_COLUMNS = 120


def estimate_command(
    environment_name: EnvironmentName,
    objects: Annotated[str, typer.Option(help="How many objects: 250, 50k, 10M.")],
    average_size: Annotated[str, typer.Option(help="Of an object: 4096, 200KB, 1.5MB.")] = "200KB",
    seconds_per_object: Annotated[
        float, typer.Option(min=0, help="To read and process one, while others of its batch are under way.")
    ] = 0.05,
    *,
    as_json: Json = False,
) -> None:
    """Say what a run would take and cost, which limit binds, and which batches would be better.

    Arithmetic on the environment's settings, AWS's quotas and measured rates: nothing is asked of AWS.
    """
    environment = load(environment_name)
    workload = Workload(
        objects=_parsed("--objects", quantity.parse_count, objects),
        average_bytes=_parsed("--average-size", quantity.parse_bytes, average_size),
        seconds_per_object=seconds_per_object,
    )
    if workload.objects < 1:
        raise CommandError("--objects: with no objects there is nothing to estimate")
    if as_json:
        typer.echo(json.dumps(figures(environment, workload)))
    else:
        show(environment, workload, Console(width=_COLUMNS) if not Console().is_terminal else Console())


def figures(environment: Environment, workload: Workload) -> dict[str, Any]:
    """The estimate as one JSON object."""
    found = estimate(environment, workload)
    suggested = better(environment, workload)
    return {
        "environment": environment.name,
        **dataclasses.asdict(workload),
        "children": found.children,
        "batch_seconds": round(found.batch_seconds, 3),
        "seconds": round(found.seconds, 1),
        "usd": round(found.usd, 4),
        "bound_by": found.longest.bound_by,
        "stages": [dataclasses.asdict(stage) for stage in found.stages],
        "costs": [dataclasses.asdict(cost) for cost in found.costs],
        "warnings": warnings(environment, workload),
        "better": _suggestion(*suggested) if suggested else None,
        "useful_max_concurrency": useful_concurrency(environment, workload),
        "prices_as_of": as_of().isoformat(),
    }


def show(environment: Environment, workload: Workload, console: Console) -> None:
    """The estimate as tables and sentences."""
    found = estimate(environment, workload)
    console.print(
        f"{workload.objects:,} objects in {found.children:,} {environment.map.execution_type} children of up to"
        f" {environment.map.max_items_per_batch:,}, {found.batch_seconds:.2f} s each",
        highlight=False,
    )
    console.print(_stages(found))
    console.print(_costs(found))
    console.print(f"What binds: {found.longest.name}, by {found.longest.bound_by}.", highlight=False)
    for warning in warnings(environment, workload):
        console.print(f"[yellow]Mind[/yellow]: {warning}.", highlight=False)
    for advice in _advice(environment, workload):
        console.print(f"[green]Better[/green]: {advice}.", highlight=False)
    console.print(
        f"[dim]Without retries, logs and free tiers; prices of us-east-1 as of {as_of()} (costs/prices.toml).[/dim]",
        highlight=False,
    )


def _stages(found: Estimate) -> Table:
    table = Table("stage", _right("time"), "bound by", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for stage in found.stages:
        table.add_row(stage.name, quantity.format_duration(stage.seconds), stage.bound_by)
    table.add_row("[bold]in all[/bold]", quantity.format_duration(found.seconds), "dispatch and processing together")
    return table


def _costs(found: Estimate) -> Table:
    table = Table("paid for", _right("cost"), "quantity", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for cost in found.costs:
        table.add_row(cost.name, quantity.format_usd(cost.usd), cost.quantity)
    table.add_row("[bold]in all[/bold]", quantity.format_usd(found.usd), "")
    return table


def _advice(environment: Environment, workload: Workload) -> list[str]:
    advice = []
    if suggested := better(environment, workload):
        to, then = suggested
        advice.append(
            f'map.execution_type = "{to.map.execution_type}" with map.max_items_per_batch ='
            f" {to.map.max_items_per_batch:,}: {quantity.format_duration(then.seconds)} and"
            f" {quantity.format_usd(then.usd)}"
        )
    if concurrency := useful_concurrency(environment, workload):
        advice.append(f"map.max_concurrency = {concurrency:,} would keep up with what can be dispatched")
    return advice


def _suggestion(to: Environment, then: Estimate) -> dict[str, Any]:
    return {
        "execution_type": to.map.execution_type,
        "max_items_per_batch": to.map.max_items_per_batch,
        "seconds": round(then.seconds, 1),
        "usd": round(then.usd, 4),
    }


def _right(title: str) -> Column:
    return Column(title, justify="right")


def _parsed(option: str, parse: Callable[[str], int], text: str) -> int:
    try:
        return parse(text)
    except ValueError as error:
        raise CommandError(f"{option}: {error}") from error
