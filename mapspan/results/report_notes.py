"""The notes of a report: what its figures don't show by themselves."""

from __future__ import annotations

from collections.abc import Iterator

from mapspan.results.finished_run import FinishedRun
from mapspan.results.ledger_text import looked_line
from mapspan.results.map_run_summary import MapRunSummary
from mapspan.results.run_results import RunResults
from mapspan.results.unread_keys import unread_sentence


def report_notes(run: FinishedRun, results: RunResults) -> list[str]:
    """One sentence each, without a capital letter and a full stop."""
    notes = [*_on_the_key_list(run), *_on_the_look(run), *_on_keys_never_tried(run, results)]
    if not results.adds_up:
        notes.append(
            "the ledger does not add up: the results have more keys than were listed"
            " (a key was recorded twice, or the key list was changed)"
        )
    return [*notes, *(_on_the_map_run(run.map_run) if run.map_run else ())]


def _on_the_key_list(run: FinishedRun) -> Iterator[str]:
    if run.given_key_list:
        yield f"the run processed an existing key list, {run.given_key_list}, and listed nothing itself"
    elif not run.has_listing:
        yield "the run has no key list: `listed` is the number of keys that the Map Run read"


def _on_the_look(run: FinishedRun) -> Iterator[str]:
    if looked := looked_line(run.output):
        yield f"the listing has {looked}"


def _on_keys_never_tried(run: FinishedRun, results: RunResults) -> Iterator[str]:
    if not run.listing_finished and run.map_run:
        yield "the listing did not finish: the bucket may have more keys than were listed"
    elif not run.listing_finished and run.has_listing:
        yield "the listing did not finish: the bucket may have more keys than were listed, and no key was tried"
    elif not run.listing_finished:
        yield "the run ended before it had read any key, and no key was tried"
    if not run.listing_finished and run.map_run is None:
        return
    if run.map_run and not results.written:
        yield (
            "a Map Run was cut off and wrote no results: nobody knows which of its keys were processed (the run's"
            f" children that succeeded had {run.map_run.succeeded:,} keys), so they count as pending"
        )
    elif results.unread != 0 and run.listing_finished:
        yield f"the Map Run {unread_sentence(run, results)}{'; a redrive reads the others' if run.redrivable else ''}"
    elif results.unrecorded:
        yield f"{results.unrecorded:,} of the pending keys are in no result file: they were never tried"
    if results.nameless:
        yield (
            f"{results.nameless:,} of the pending keys are in no key list, so they can't be retried by key: only the"
            " whole run can be started again"
        )


def _on_the_map_run(map_run: MapRunSummary) -> Iterator[str]:
    if map_run.redrives:
        yield f"the run was redriven {map_run.redrives} times: its times include the waits before each redrive"
    if map_run.failed_children:
        yield (
            f"{map_run.failed_children:,} of {map_run.children:,} children failed or were stopped, each with its whole"
            " batch"
        )
