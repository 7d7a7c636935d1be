"""How an execution ended, as lines of text and as an exit code."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console

from mapspan.outside_text import visible, visible_lines
from mapspan.results.ledger_text import ledger_line, looked_line
from mapspan.running.execution import Outcome
from mapspan.running.progress import Progress

# 2 is left out: it is the exit code of a wrong option.
EXIT_CODES = {"SUCCEEDED": 0, "FAILED": 1, "TIMED_OUT": 3, "ABORTED": 4}


def show_outcome(outcome: Outcome, console: Console) -> None:
    """Print everything but the ledger: the status unless it succeeded, failures and skips, results, keys to retry."""

    def line(text: str) -> None:
        console.print(visible_lines(text, indent=2), highlight=False, markup=False, soft_wrap=True)

    if outcome.status != "SUCCEEDED":
        reason = ": ".join(part for part in (outcome.error, outcome.cause) if part)
        console.print(f"[red]{outcome.status}[/red] ", end="")
        line(reason)
    if looked := looked_line(outcome.output):
        line(f"  looked    {looked}")
    for name in ("failures", "skips"):
        counts: Mapping[str, int] = outcome.summary.get(name) or {}
        if counts:
            line(f"  {name:9} " + ", ".join(f"{visible(word)} {keys:,}" for word, keys in counts.items()))
    if len(outcome.results) == 1:
        line(f"  results   {outcome.results[0]}")
    elif outcome.results:
        line(f"  results   {len(outcome.results)} Map Runs, the first one's in {outcome.results[0]}")
    if error := outcome.summary.get("run_summary_error"):
        line(f"  summary   not written, so lists and trends have less of this run: {error}")
    retry = outcome.summary.get("retry") or {}
    if retry.get("keys"):
        line(f"  to retry  {retry['keys']:,} keys in {retry['prefix']}")


def outcome_line(outcome: Outcome, last: Progress | None) -> str:
    """The ledger; if there is none, why, and what Step Functions counted at the `last` poll."""
    if outcome.ledger:
        return f"ledger: {ledger_line(outcome.ledger)}"
    if last is None or not last.map_run_arns:
        return "no ledger: the execution ended before any key was processed"
    counts = {"succeeded": last.items.succeeded, "failed": last.items.failed, "pending": last.items.backlog}
    items = " + ".join(f"{status} {count:,}" for status, count in counts.items())
    return (
        "no ledger: the execution ended before its keys were added up; Step Functions counted items:"
        f" {last.items.total:,} = {items}"
    )
