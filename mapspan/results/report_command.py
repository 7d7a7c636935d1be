"""`mapspan report`: the report of a run that has ended, on a terminal, as JSON or as an HTML page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mapspan.arguments import EnvironmentName, ExecutionName, Json
from mapspan.checkout import CommandError
from mapspan.running.seen_runs import remember_runs


def report_command(
    environment: EnvironmentName,
    execution: ExecutionName,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write the report as one HTML file.", dir_okay=False)
    ] = None,
    *,
    as_json: Json = False,
) -> None:
    """Show what happened to every key of a run: ledger, failures by cause, skips, duration, throughput and cost.

    Reads the result files, so it works however the run ended: succeeded, failed, timed out or stopped. With --json, it
    has every failed key with its whole cause and the request id of its log lines. If the run is a retry or was retried,
    the report has all runs of the chain, and their sum with each key once.
    """
    from rich.console import Console

    from mapspan.deployment import find_deployment
    from mapspan.results.report import read_report
    from mapspan.results.report_display import show_report
    from mapspan.results.report_html import page

    report = read_report(find_deployment(environment), execution)
    remember_runs(environment, [report.run.name])
    if html is not None:
        try:
            # A cause may hold half of a surrogate pair, which can't be encoded.
            html.write_text(page(report), encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            raise CommandError(f"--html: {html} can't be written: {error.strerror}") from error
    if as_json:
        for part in report.json_parts():
            typer.echo(part, nl=False)
        typer.echo()
    else:
        show_report(report, Console())
        if html is not None:
            typer.echo(f"written   {html}")
