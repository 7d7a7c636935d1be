"""`mapspan report`: the report of a run that has ended, on a terminal, as JSON or as an HTML page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from mapspan.arguments import EnvironmentName, ExecutionName, Json
from mapspan.checkout import CommandError
from mapspan.deployment import find_deployment
from mapspan.outside_text import visible, visible_lines
from mapspan.quantity import format_duration, format_usd
from mapspan.results.ledger_text import ledger_line
from mapspan.results.report import Report, read_report
from mapspan.results.report_html import page


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
    has every failed key with its whole cause and the request id of its log lines.
    """
    report = read_report(find_deployment(environment), execution)
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


def show_report(report: Report, console: Console) -> None:
    """Print the report as lines; unusual characters of keys are escaped."""

    def line(name: str, text: str) -> None:
        console.print(f"{name:<10}{escape(visible_lines(text, indent=10))}", highlight=False, soft_wrap=True)

    run = report.run
    line("run", f"{run.name}  {run.status}" + (f"  {run.error}" if run.error else ""))
    if run.cause:
        line("", run.cause)
    line("ledger", ledger_line(report.ledger))
    line("took", _times(report))
    line("cost", f"{format_usd(report.usd)} {report.cost_terms}")
    for cause in report.results.causes.by_keys():
        line("failures", f"{cause.keys:,} x {visible(cause.error)}: {visible(cause.words)}")
        for example in cause.examples:
            line("", f"  {json.dumps(example.key, ensure_ascii=False)}")
    if command := report.failed_keys_command:
        line("", f"whole causes and request ids: {command}")
    for reason, keys in report.results.skips.items():
        line("skips", f"{keys:,} x {visible(reason)}")
    for note in report.notes:
        line("note", note)
    if report.console_url:
        line("console", report.console_url)
    if command := report.redrive_command or report.retry_command:
        line("next", command)


def _times(report: Report) -> str:
    stages = ", ".join(f"{name} {format_duration(seconds)}" for name, seconds in report.stages)
    rate = f", {report.keys_per_second:,.0f} keys/s" if report.keys_per_second else ""
    return f"{format_duration(report.run.seconds)}: {stages}{rate}"
