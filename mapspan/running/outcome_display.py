"""How an execution ended, in words, and as an exit code."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console

from mapspan.running.execution import Outcome
from mapspan.running.progress import Progress

# 2 is left out: it is what a wrong option gives.
EXIT_CODES = {"SUCCEEDED": 0, "FAILED": 1, "TIMED_OUT": 3, "ABORTED": 4}


def tell(outcome: Outcome, console: Console) -> None:
    """Everything but the ledger: status where it is no success, failures by name, results, keys to retry."""

    def line(text: str) -> None:
        console.print(text, highlight=False, markup=False, soft_wrap=True)

    if outcome.status != "SUCCEEDED":
        reason = ": ".join(part for part in (outcome.error, outcome.cause) if part)
        console.print(f"[red]{outcome.status}[/red] ", end="")
        line(reason)
    failures: Mapping[str, int] = outcome.summary.get("failures") or {}
    if failures:
        line("  failures  " + ", ".join(f"{error} {keys:,}" for error, keys in failures.items()))
    if outcome.results:
        line(f"  results   {outcome.results}")
    retry = outcome.summary.get("retry") or {}
    if retry.get("keys"):
        line(f"  to retry  {retry['keys']:,} keys in {retry['prefix']}")


def ledger_line(ledger: Mapping[str, int]) -> str:
    """The ledger as one line."""
    return (
        f"ledger: listed {ledger['listed']} = succeeded {ledger['succeeded']}"
        f" + failed {ledger['failed']} + pending {ledger['pending']}"
    )


def no_ledger_line(last: Progress | None) -> str:
    """What stands in the ledger's place where the execution ended before its keys were added up."""
    if last is None or last.map_run_arn is None:
        return "no ledger: it ended before any key was processed"
    return (
        "no ledger: it ended before its keys were added up; the Map Run's own count is"
        f" {last.listed or 0} = succeeded {last.succeeded} + failed {last.failed} + not done {last.backlog}"
    )
