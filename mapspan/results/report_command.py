"""`mapspan report`: the ledger per key of a run that has ended, on a terminal or as a page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from mapspan import quantity
from mapspan.arguments import EnvironmentName, ExecutionName, Json
from mapspan.checkout import CommandError
from mapspan.deployment import find_deployment
from mapspan.results import report_html
from mapspan.results.report import Report, ledger_words, pace_words, report


def report_run(
    environment: EnvironmentName,
    execution: ExecutionName,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write it as one self-contained page, too.", dir_okay=False)
    ] = None,
    *,
    as_json: Json = False,
) -> None:
    """Say what became of every key of a run: the ledger, failures by cause, duration, throughput, cost.

    Reads the results themselves, so that it works whatever became of the run: succeeded, failed, stopped, tolerated.
    """
    found = report(find_deployment(environment), execution)
    if html is not None:
        try:
            # A cause may hold half of a surrogate pair, which is no text.
            html.write_text(report_html.page(found), encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            raise CommandError(f"--html: {html} can't be written: {error.strerror}") from error
    if as_json:
        typer.echo(json.dumps(found.as_json()))
    else:
        show(found, Console())
        if html is not None:
            typer.echo(f"written   {html}")


def show(found: Report, console: Console) -> None:
    """The report as lines, the keys' odd characters made visible."""

    def line(name: str, words: str) -> None:
        console.print(f"{name:<10}{escape(words)}", highlight=False, soft_wrap=True)

    run = found.run
    line("run", f"{run.name}  {run.status}" + (f"  {run.error}" if run.error else ""))
    if run.cause:
        line("", run.cause)
    line("ledger", ledger_words(found.ledger))
    line("took", pace_words(found))
    line("cost", f"{quantity.format_usd(found.usd)} {found.cost_words}")
    for cause in found.results.causes.by_keys():
        line("failures", f"{cause.keys:,} x {cause.error}: {cause.words}")
        for example in cause.examples:
            line("", f"  {json.dumps(example.key, ensure_ascii=False)}")
    for note in found.notes:
        line("mind", note)
    if found.console_url:
        line("console", found.console_url)
    if found.retry_command:
        line("next", found.retry_command)
