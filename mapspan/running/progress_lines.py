"""Progress as lines of text: keys as the ledger counts them, then what Step Functions counts, then failures."""

from __future__ import annotations

from collections.abc import Iterator

from mapspan.quantity import format_duration
from mapspan.running.progress import Progress
from mapspan.running.terminal_lines import TerminalLines

_CAUSES_SHOWN = 5


def key_parts(progress: Progress) -> list[str]:
    """Keys as the ledger will count them; only of the batches that were read, if some were not."""
    if not progress.map_run_arns:
        return [] if progress.listed is None else [f"listed {progress.listed:,}"]
    keys = progress.keys
    counts = [f"succeeded {keys.succeeded:,}", f"skipped {keys.skipped:,}", f"failed {keys.failed:,}"]
    if keys.pending is None:
        return [f"keys of {keys.batches:,} of {keys.ended_batches:,} finished batches:", *counts]
    return ["keys:", *counts, f"pending {keys.pending:,}"]


def step_functions_parts(progress: Progress) -> list[str]:
    """What Step Functions counts, with its own words: items of the Map Run, and child executions."""
    if not progress.map_run_arns:
        return []
    items = progress.items
    counts = {"ended": items.ended, "running": items.running, "pending": items.pending}
    shown = [f"{count:,} {status}" for status, count in counts.items() if count or status == "ended"]
    children = [f"{count:,} {status.replace('_', ' ')}" for status, count in progress.children.items() if count]
    parts = [f"Step Functions: items {', '.join(shown)}"]
    return parts + ([f"children {', '.join(children)}"] if children else [])


def rate_parts(progress: Progress) -> list[str]:
    """The rate, and the time that is left at it."""
    if not progress.map_run_arns:
        return []
    left = progress.seconds_left
    return [f"{progress.rate:,.0f} items/s", *([] if left is None else [f"{format_duration(left)} left"])]


def problem_lines(progress: Progress, lines: TerminalLines, *, indent: int) -> Iterator[str]:
    """A failed key of each error with its cause, and the trouble with polling."""
    known = sum(failure.keys for failure in progress.failures)
    least = "" if progress.keys.pending is not None and known == progress.keys.failed else "at least "
    for failure in progress.failures[:_CAUSES_SHOWN]:
        unit = "key" if failure.keys == 1 else "keys"
        about = f"{failure.error}, {least}{failure.keys:,} {unit}"
        yield from lines.failure(failure.key, failure.cause, about, indent=indent)
    if progress.trouble:
        yield from lines.packed([progress.trouble], indent=indent)
