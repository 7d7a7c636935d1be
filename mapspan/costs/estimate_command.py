"""`mapspan estimate`: the time and cost of a run, its limits, and better settings."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from mapspan.arguments import EnvironmentName, Json, complete_run
from mapspan.checkout import CommandError
from mapspan.quantity import parse_bytes, parse_count
from mapspan.running.seen_runs import remember_runs

if TYPE_CHECKING:
    from mapspan.costs.past_selection import PastSelection

# The time of a small object: S3's latency, and little else.
_USUAL_SECONDS = 0.05


def estimate_command(
    environment_name: EnvironmentName,
    objects: Annotated[
        str | None,
        typer.Option(
            metavar="COUNT",
            help="How many objects the bucket has below the prefixes: 250, 50k, 10M. With --from, by default as many as"
            " that run saw.",
        ),
    ] = None,
    average_size: Annotated[
        str, typer.Option(metavar="SIZE", help="The average size of an object: 4096, 200KB, 1.5MB.")
    ] = "200KB",
    seconds_per_object: Annotated[
        float | None,
        typer.Option(
            min=0,
            metavar="SECONDS",
            help="The time to read and process one object, while others of its batch are processed. By default 0.05;"
            " with --from, as long as that run's objects took.",
        ),
    ] = None,
    *,
    from_run: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="RUN",
            help="Reckon with the share of objects that this run selected, and with the times that it measured.",
            autocompletion=complete_run,
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Estimate a run's time and cost, show what limits it, and suggest better settings.

    The numbers come from the environment's settings, AWS's quotas and measured rates, without a call to AWS. Only
    --from reads a run that has ended.
    """
    from environments.files import load
    from mapspan.costs.estimate import Workload
    from mapspan.costs.estimate_display import figures, show
    from mapspan.costs.past_selection import read_past_selection

    environment = load(environment_name)
    past = read_past_selection(environment_name, from_run) if from_run else None
    remember_runs(environment_name, [from_run] if from_run else [])
    workload = Workload(
        objects=_objects(objects, past),
        average_bytes=_parse("--average-size", parse_bytes, average_size),
        seconds_per_object=_first(seconds_per_object, past.seconds_per_object if past else None),
        selected_share=past.share if past else 1.0,
    )
    if workload.objects < 1:
        raise CommandError("--objects: an estimate needs at least one object: write 250, 50k or 10M")
    if as_json:
        typer.echo(json.dumps(figures(environment, workload)))
    else:
        show(environment, workload)


def _first(*seconds: float | None) -> float:
    """The first time that is known."""
    return next((known for known in seconds if known is not None), _USUAL_SECONDS)


def _objects(text: str | None, past: PastSelection | None) -> int:
    if text is not None:
        return _parse("--objects", parse_count, text)
    if past is None:
        raise CommandError(
            "--objects is missing: write how many objects the bucket has, or name a past run with --from"
        )
    return past.seen


def _parse(option: str, parse: Callable[[str], int], text: str) -> int:
    try:
        return parse(text)
    except ValueError as error:
        raise CommandError(f"{option}: {error}") from error
