"""The report of a run as lines of text."""

from __future__ import annotations

import json
from collections.abc import Iterator

from rich.console import Console
from rich.markup import escape

from mapspan.outside_text import visible, visible_lines
from mapspan.quantity import format_duration, format_usd
from mapspan.results.chain.chain import retried
from mapspan.results.finished_run import FinishedRun
from mapspan.results.ledger_text import ledger_line
from mapspan.results.report import Report


def show_report(report: Report, console: Console) -> None:
    """Print the report as lines; unusual characters of keys are escaped."""

    def line(name: str, text: str) -> None:
        console.print(f"{name:<10}{escape(visible_lines(text, indent=10))}", highlight=False, soft_wrap=True)

    for name, text in _about_run(report.run):
        line(name, text)
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
    for name, text in [*(("chain", text) for text in _chain(report)), *(("note", note) for note in report.notes)]:
        line(name, text)
    if report.console_url:
        line("console", report.console_url)
    if command := report.redrive_command or report.retry_command:
        line("next", command)


def _chain(report: Report) -> Iterator[str]:
    """A line for each run of the chain, and the sum over all."""
    if not (chain := report.chain):
        return
    for run in chain.runs if len(chain.runs) > 1 else ():
        words = [run.name + (" (this run)" if run.name == report.run.name else ""), retried(run), run.status]
        words.append(ledger_line(run.ledger) if run.ledger else "")
        yield "  ".join(word for word in words if word)
    yield f"together, each key once: {chain.sum_line}"
    yield from chain.notes


def _about_run(run: FinishedRun) -> Iterator[tuple[str, str]]:
    yield "run", f"{run.name}  {run.status}" + (f"  {run.error}" if run.error else "")
    if run.cause:
        yield "", run.cause
    if run.started_by:
        yield "by", run.started_by


def _times(report: Report) -> str:
    stages = ", ".join(f"{name} {format_duration(seconds)}" for name, seconds in report.stages)
    rate = f", {report.keys_per_second:,.0f} keys/s" if report.keys_per_second else ""
    return f"{format_duration(report.run.seconds)}: {stages}{rate}"
