"""The ledger as text. Every command that prints a ledger takes its words from here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lambdas.summarize_run.ledger import Ledger

# What became of the listed keys: together they are as many as were listed.
OUTCOMES = ("succeeded", "skipped", "failed", "pending")


def ledger_counts(ledger: Ledger) -> dict[str, int]:
    """The ledger's numbers by name, in the order in which they are printed."""
    return {
        "listed": ledger["listed"],
        "succeeded": ledger["succeeded"],
        "skipped": ledger["skipped"],
        "failed": ledger["failed"],
        "pending": ledger["pending"],
    }


def ledger_line(ledger: Mapping[str, int]) -> str:
    """`listed 1,000 = succeeded 990 + skipped 7 + failed 2 + pending 1`; a Map Run's own counts have no `skipped`."""
    counts = " + ".join(f"{outcome} {ledger[outcome]:,}" for outcome in OUTCOMES if outcome in ledger)
    return f"listed {ledger['listed']:,} = {counts}"


def looked_line(output: Mapping[str, Any]) -> str | None:
    """What a run's listing looked at: `seen 1,000, modified from … until …`; None if it adds nothing to the ledger.

    `output`: the run's output.
    """
    seen, looked_from, looked_until = (output.get(name) for name in ("seen", "looked_from", "looked_until"))
    if seen is None or (looked_until is None and seen == output["ledger"]["listed"]):
        return None
    if looked_until is None:
        return f"seen {seen:,} objects"
    begin = f"from {looked_from}" if looked_from else "everything"
    return f"seen {seen:,} objects, looked at {begin} until {looked_until}"


def remainder_phrase(ledger: Ledger | Mapping[str, int]) -> str:
    """The keys that are left to retry: `2 failed and 1 never tried`, without what is 0."""
    left = {"failed": ledger["failed"], "never tried": ledger["pending"]}
    return " and ".join(f"{keys:,} {words}" for words, keys in left.items() if keys)


def shares(ledger: Mapping[str, int]) -> dict[str, float]:
    """Each outcome's share of the listed keys; 0 if nothing was listed."""
    return {outcome: ledger[outcome] / ledger["listed"] if ledger["listed"] else 0.0 for outcome in OUTCOMES}
