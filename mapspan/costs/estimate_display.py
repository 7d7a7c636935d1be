"""An estimate as JSON, and as tables and sentences."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.table import Column, Table

from environments.environment import Environment
from mapspan.costs.advice import Suggestion, sufficient_concurrency, suggest_batches, useful_concurrency, warnings
from mapspan.costs.estimate import Estimate, Workload, estimate_run
from mapspan.costs.prices import as_of
from mapspan.quantity import format_duration, format_usd

_COLUMNS = 120


def figures(environment: Environment, workload: Workload) -> dict[str, Any]:
    """The estimate as one JSON object."""
    estimate = estimate_run(environment, workload)
    suggestion = suggest_batches(environment, workload)
    sufficient = sufficient_concurrency(environment, workload)
    return {
        "environment": environment.name,
        **dataclasses.asdict(workload),
        "selected": workload.selected,
        "source_requests_paid_by": _payer(environment),
        "children": estimate.children,
        "batch_seconds": round(estimate.batch_seconds, 3),
        "map_runs": estimate.map_runs,
        "seconds": round(estimate.seconds, 1),
        "seconds_if_each_map_run_starts_as_many": round(estimate.seconds_by_map_run, 1),
        "usd": round(estimate.usd, 4),
        "bound_by": estimate.longest.bound_by,
        "stages": [dataclasses.asdict(stage) for stage in estimate.stages],
        "costs": [dataclasses.asdict(cost) for cost in estimate.costs],
        "warnings": warnings(environment, workload),
        "better": _suggestion_figures(suggestion) if suggestion else None,
        "useful_max_concurrency": useful_concurrency(environment, workload),
        "sufficient_max_concurrency": sufficient.environment.map.max_concurrency if sufficient else None,
        "prices_as_of": as_of().isoformat(),
    }


def show(environment: Environment, workload: Workload) -> None:
    """Print the estimate as tables and sentences."""
    console = Console(width=_COLUMNS) if not Console().is_terminal else Console()
    estimate = estimate_run(environment, workload)
    if workload.selected_share < 1:
        console.print(
            f"{workload.objects:,} objects, {workload.selected:,} of them selected"
            f" ({workload.selected_share:.2%}, as in that run)",
            highlight=False,
        )
    console.print(
        f"{workload.batched(environment):,} objects in {estimate.children:,} {environment.map.execution_type} children"
        f" of up to {environment.effective_map.max_items_per_batch:,}, {estimate.batch_seconds:.2f} s each,"
        f" {workload.seconds_per_object:.3g} s for each object",
        highlight=False,
    )
    console.print(_stage_table(estimate))
    console.print(_cost_table(estimate))
    if estimate.map_runs > 1:
        console.print(
            f"{estimate.map_runs:,} Map Runs. AWS doesn't say whether {estimate.dispatch.bound_by} is the rate of an"
            f" account or of each of them: the total is for an account; else it is"
            f" {format_duration(estimate.seconds_by_map_run)}.",
            highlight=False,
        )
    longest = estimate.longest
    console.print(f"The longest stage is {longest.name}, limited by {longest.bound_by}.", highlight=False)
    console.print(
        f"The account {_payer(environment)} pays the requests to the source bucket"
        f"{', a Requester Pays bucket' if environment.source.requester_pays else ', which owns it'}.",
        highlight=False,
    )
    for warning in warnings(environment, workload):
        console.print(f"[yellow]Warning[/yellow]: {warning}.", highlight=False)
    for advice in _advice(environment, workload):
        console.print(f"[green]Better[/green]: {advice}.", highlight=False)
    console.print(
        f"[dim]Without retries, logs and free tiers; prices of us-east-1 as of {as_of()}"
        " (mapspan/costs/prices.toml).[/dim]",
        highlight=False,
    )


def _payer(environment: Environment) -> str:
    """The account that pays the requests to the source bucket, and what leaves its Region.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/RequesterPaysBuckets.html
    """
    pays = environment.target if environment.source.requester_pays else environment.source
    return pays.account_id


def _stage_table(estimate: Estimate) -> Table:
    table = _table("stage", "time", "limited by")
    for stage in estimate.stages:
        table.add_row(stage.name, format_duration(stage.seconds), stage.bound_by)
    overlap = (
        "dispatch and processing overlap" if estimate.map_runs == 1 else "listing, dispatch and processing overlap"
    )
    table.add_row("[bold]total[/bold]", format_duration(estimate.seconds), overlap)
    return table


def _cost_table(estimate: Estimate) -> Table:
    table = _table("item", "cost", "quantity")
    for cost in estimate.costs:
        table.add_row(cost.name, format_usd(cost.usd), cost.quantity)
    table.add_row("[bold]total[/bold]", format_usd(estimate.usd), "")
    return table


def _table(name: str, number: str, words: str) -> Table:
    return Table(name, Column(number, justify="right"), words, box=None, pad_edge=False, padding=(0, 2, 0, 0))


def _advice(environment: Environment, workload: Workload) -> Iterator[str]:
    if suggestion := suggest_batches(environment, workload):
        map_settings, estimate = suggestion.environment.map, suggestion.estimate
        yield (
            f'map.execution_type = "{map_settings.execution_type}" with map.max_items_per_batch ='
            f" {map_settings.max_items_per_batch:,}: {format_duration(estimate.seconds)} and"
            f" {format_usd(estimate.usd)}"
        )
    if concurrency := useful_concurrency(environment, workload):
        yield f"map.max_concurrency = {concurrency:,}, with which processing keeps up with dispatch"
    if suggestion := sufficient_concurrency(environment, workload):
        yield (
            f"map.max_concurrency = {suggestion.environment.map.max_concurrency:,}, with which fewer functions wait for"
            f" job.objects_per_second: {format_duration(suggestion.estimate.seconds)} and"
            f" {format_usd(suggestion.estimate.usd)}"
        )


def _suggestion_figures(suggestion: Suggestion) -> dict[str, Any]:
    return {
        "execution_type": suggestion.environment.map.execution_type,
        "max_items_per_batch": suggestion.environment.map.max_items_per_batch,
        "seconds": round(suggestion.estimate.seconds, 1),
        "usd": round(suggestion.estimate.usd, 4),
    }
