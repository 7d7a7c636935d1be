"""An estimate reckons with the share that a past run selected."""

from __future__ import annotations

from typing import Any

import pytest

from environments.files import load
from mapspan.costs.estimate import Workload, estimate_run
from mapspan.costs.past_selection import PastSelection, past_selection, seconds_per_object
from modules.pipeline.workflow.names import INVENTORY, LISTING
from tests.fixtures.finished_runs import finished_run

LEDGER = {"listed": 50, "succeeded": 50, "skipped": 0, "failed": 0, "pending": 0}


def test_a_run_that_lists_selected_what_entered_its_key_list() -> None:
    run = finished_run(output={"ledger": LEDGER, "seen": 5_000, "skips": {"not selected": 7}})
    assert past_selection(run) == PastSelection(seen=5_000, selected=50)


def test_a_run_over_an_inventory_selected_what_its_worker_did_not_skip() -> None:
    run = finished_run(INVENTORY, output={"ledger": LEDGER, "seen": None, "skips": {"not selected": 40, "other": 3}})
    assert past_selection(run) == PastSelection(seen=50, selected=10)


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "FAILED", "output": {}},
        {"output": {"ledger": LEDGER, "seen": None}, "run_input": {"key_list": {"prefix": "key-lists/a/retry/"}}},
        {"output": {"ledger": LEDGER | {"listed": 0}, "seen": 0}},
    ],
)
def test_a_run_that_does_not_say_what_it_selected_gives_no_share(changes: dict[str, Any]) -> None:
    assert past_selection(finished_run(**changes)) is None


@pytest.mark.parametrize(
    ("children", "seconds", "pending", "expected"),
    [
        # Ten batches of a hundred keys on 16 threads: seven turns each.
        (10, 7.0, 0, 0.1),
        # A batch of one key takes one turn.
        (1_000, 50.0, 0, 0.05),
        # Keys that were not tried took no time.
        (10, 7.0, 500, 0.7 / 4),
        (0, 0.0, 0, None),
        (10, 7.0, 1_000, None),
    ],
)
def test_the_time_of_an_object_follows_from_the_times_of_the_batches(
    children: int, seconds: float, pending: int, expected: float | None
) -> None:
    processing = {"children": children, "seconds": seconds}
    summary = {"processing": processing, "ledger": {"listed": 1_000, "pending": pending}}
    assert seconds_per_object(summary, threads=16) == (expected and pytest.approx(expected))


def test_a_run_without_a_summary_has_no_times() -> None:
    assert seconds_per_object(None, threads=16) is None


def test_one_percent_of_the_objects_costs_their_listing_and_little_else() -> None:
    dev = load("dev")
    whole = Workload(objects=10_000_000, average_bytes=1, seconds_per_object=0.05)
    part = Workload(objects=10_000_000, average_bytes=1, seconds_per_object=0.05, selected_share=0.01)
    everything, one_percent = estimate_run(dev, whole), estimate_run(dev, part)
    assert one_percent.listing == everything.listing
    assert one_percent.children == everything.children / 100
    quantities = {cost.name: cost.quantity for cost in one_percent.costs}
    assert quantities["S3: reading"] == "100,000 GET requests"
    assert quantities["S3: listing"].startswith("10,200 LIST")


def test_a_run_that_selected_nothing_costs_its_listing() -> None:
    nothing = Workload(objects=10_000_000, average_bytes=1, seconds_per_object=0.05, selected_share=0.0)
    estimate = estimate_run(load("dev"), nothing)
    assert (estimate.children, estimate.seconds >= 20) == (0, True)


def test_where_the_map_reads_by_itself_all_keys_are_batched_and_few_are_read() -> None:
    environment = load("dev").model_copy(update={"key_source": INVENTORY})
    assert environment.key_source != LISTING
    part = Workload(objects=1_000_000, average_bytes=1, seconds_per_object=0.05, selected_share=0.01)
    estimate = estimate_run(environment, part)
    assert estimate.children == 2_000
    assert {cost.name: cost.quantity for cost in estimate.costs}["S3: reading"] == "10,000 GET requests"
