"""Keys that a Map Run had not read when it ended. A redrive reads them; a retry by key could miss them."""

from __future__ import annotations

from mapspan.results.finished_run import FinishedRun
from mapspan.results.run_results import RunResults


def redrive_command(environment: str, run: FinishedRun, results: RunResults) -> str | None:
    """The command that reads the unread keys; None if all keys were read, or if only a new run can read them."""
    listing_stopped = run.map_run is not None and not run.listing_finished
    needed = (listing_stopped or (results.unread != 0 and not results.nameless)) and run.redrivable
    return f"mapspan redrive {environment} {run.name}" if needed else None


def unread_sentence(run: FinishedRun, results: RunResults) -> str:
    """What is known of the unread keys, as the end of a sentence about the Map Run."""
    if not run.listing_finished:
        return "ended before the listing did: the bucket may have more keys"
    if results.unread is None:
        return "may have ended before it had read every key: `listed` is the number of keys that it had read"
    return f"had not read {results.unread:,} of the {results.ledger['listed']:,} listed keys when it ended"
