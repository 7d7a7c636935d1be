"""`mapspan report`: the report of a run that has ended, or of the last runs, also as JSON or as an HTML page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from mapspan.arguments import EnvironmentName, Json, OptionalExecutionName
from mapspan.checkout import CommandError
from mapspan.running.seen_runs import remember_runs


def report_command(
    environment: EnvironmentName,
    execution: OptionalExecutionName = None,
    last: Annotated[
        int | None, typer.Option(metavar="N", min=1, max=100, help="Instead of one run, report on the last N runs.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write the report as one HTML file.", dir_okay=False)
    ] = None,
    *,
    as_json: Json = False,
) -> None:
    """Show what happened to every key of a run: ledger, failures by cause, skips, duration, throughput and cost.

    Reads the result files, so it works however the run ended: succeeded, failed, timed out or stopped. With --json, it
    has every failed key with its whole cause and the request id of its log lines. If the run is a retry or was retried,
    the report has all runs of the chain, and their sum with each key once. With --last, it shows the last runs instead:
    a table, and how their keys, duration, cost and failures change.
    """
    if (execution is None) == (last is None):
        raise CommandError(
            f"name an execution (`mapspan list {environment}` shows them), or pass --last 30 for the last 30 runs:"
            f" {'neither is given' if last is None else 'both are given'}"
        )
    if execution is not None:
        _report_run(environment, execution, html, as_json=as_json)
    elif last is not None:
        _report_last_runs(environment, last, html, as_json=as_json)


def _report_run(environment: str, execution: str, html: Path | None, *, as_json: bool) -> None:
    from rich.console import Console

    from mapspan.deployment import find_deployment
    from mapspan.results.report import read_report
    from mapspan.results.report_display import show_report
    from mapspan.results.report_html import page

    report = read_report(find_deployment(environment), execution)
    remember_runs(environment, [report.run.name])
    if html is not None:
        _write(html, page(report))
    if as_json:
        for part in report.json_parts():
            typer.echo(part, nl=False)
        typer.echo()
    else:
        show_report(report, Console())
        _name_file(html)


def _report_last_runs(environment: str, last: int, html: Path | None, *, as_json: bool) -> None:
    from rich.console import Console

    from mapspan.deployment import find_deployment
    from mapspan.results.runs.runs_display import report_lines
    from mapspan.results.runs.runs_page import runs_page
    from mapspan.results.runs.runs_report import read_runs_report
    from mapspan.running.terminal_lines import TerminalLines, allow_any_character

    report = read_runs_report(find_deployment(environment), last)
    remember_runs(environment, [run.name for run in report.runs])
    if html is not None:
        _write(html, runs_page(report))
    if as_json:
        typer.echo(json.dumps(report.as_json()))
        return
    allow_any_character()
    for line in report_lines(report, TerminalLines.of(Console())):
        typer.echo(line)
    _name_file(html)


def _write(html: Path, page: str) -> None:
    try:
        # A cause may hold half of a surrogate pair, which can't be encoded.
        html.write_text(page, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise CommandError(f"--html: {html} can't be written: {error.strerror}") from error


def _name_file(html: Path | None) -> None:
    if html is not None:
        typer.echo(f"written   {html}")
