"""What the commands say of runs whose keys come from an inventory or a replica."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rich.console import Console

from environments.environment import Environment
from environments.files import load
from mapspan.checkout import CommandError
from mapspan.costs.cost import Usage, costs
from mapspan.costs.estimate import Workload, estimate
from mapspan.deployment import Deployment
from mapspan.local.demo import demo
from mapspan.results import report
from mapspan.running.redrive_refusal import refusal
from mapspan.running.retry import remainder
from mapspan.running.run_input import run_input
from mapspan.running.watch import Watch
from modules.pipeline.workflow.names import INVENTORY
from tests.fixtures.fake_states import EXECUTION, FakeStates
from tests.fixtures.finished_runs import RunsBucket, child, failed, finished_run, map_run, succeeded

TEN_MILLION = Workload(objects=10_000_000, average_bytes=200_000, seconds_per_object=0.05)


def environment(key_source: str) -> Environment:
    return load("local").model_copy(update={"key_source": key_source})


def test_an_inventory_is_asked_for_whole_and_a_replica_by_one_prefix() -> None:
    inventory, replication = environment("inventory"), environment("replication")
    assert run_input(inventory, prefixes=[], max_items=5) == {"max_keys": 5}
    assert run_input(inventory, prefixes=["2026/"], max_items=None) == {"prefixes": ["2026/"]}
    with pytest.raises(CommandError, match="processed whole: leave --prefix out"):
        run_input(inventory, prefixes=["2026/11/"], max_items=None)
    assert run_input(replication, prefixes=["2026/11/"], max_items=None) == {"prefixes": ["2026/11/"]}
    with pytest.raises(CommandError, match="start a run for each"):
        run_input(replication, prefixes=["2026/11/", "2026/12/"], max_items=None)


def test_listing_time_and_cost_follow_from_the_key_source() -> None:
    seconds = {
        source: estimate(environment(source), TEN_MILLION).listing.seconds for source in ("inventory", "listing")
    }
    assert seconds["inventory"] == 0 < seconds["listing"]
    # As docs/key-sources.md has it: 85 ms a page of 1,000 keys, one page after another.
    replica = estimate(environment("replication"), TEN_MILLION).listing
    assert replica.seconds == pytest.approx(14 * 60, rel=0.05)
    assert "page after page" in replica.bound_by


@pytest.mark.parametrize(("source", "requests"), [("listing", 10_200), ("inventory", 0), ("replication", 10_000)])
def test_only_a_listing_has_a_lister_to_pay_for(source: str, requests: int) -> None:
    used = Usage(
        listed=10_000_000, read=0, gigabytes=0, children=0, batch_seconds=0, listing_seconds=0, summary_seconds=0
    )
    lines = {cost.name: cost for cost in costs(environment(source), used)}
    assert lines["S3: listing"].quantity.startswith(f"{requests:,} LIST")
    assert lines["Lambda: listing"].quantity.startswith("1 " if source == "listing" else "0 ")


def test_without_a_key_list_what_is_listed_is_what_the_map_run_read() -> None:
    bucket = RunsBucket()
    bucket.write("SUCCEEDED", [succeeded("a"), failed("b")])
    bucket.write("FAILED", [child(["c"], Error="Boom", Cause="")])
    results, retried = bucket.read(finished_run(key_source=INVENTORY, map_run=map_run(items=3)))
    assert results.ledger == {"listed": 3, "succeeded": 1, "failed": 2, "pending": 0}
    assert retried == ["b", "c"]
    assert results.nameless == 0


def test_keys_that_nothing_names_can_only_be_tried_with_the_whole_run(monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = RunsBucket()
    run = finished_run(status="ABORTED", key_source=INVENTORY, map_run=map_run(items=7), run_input={"max_keys": 7})
    results, retried = bucket.read(run)
    assert results.ledger == {"listed": 7, "succeeded": 0, "failed": 0, "pending": 7}
    assert (results.nameless, retried) == (7, [])
    assert any("no list names 7" in note for note in report._notes(run, results))
    monkeypatch.setattr(Deployment, "s3", lambda _: bucket.s3.client)
    left = remainder(Deployment(environment=environment("inventory")), run)
    assert (left.keys, left.run_input) == (None, {"max_keys": 7})


def test_a_run_that_ended_before_it_had_a_key_is_started_again_and_not_redriven() -> None:
    run = finished_run(status="FAILED", key_source=INVENTORY, map_run=None, error="InventoryStale")
    left = remainder(Deployment(environment=environment("inventory")), run)
    assert left.why == "it ended before it had any key, so the whole run is started again"
    ended = datetime.now(UTC) - timedelta(hours=1)
    told = refusal({"name": "night", "status": "FAILED", "stopDate": ended, "error": "InventoryStale"}, "dev")
    assert told == "night failed before any key was tried (InventoryStale): `mapspan run dev` starts anew"


def test_a_watched_run_over_an_inventory_is_not_said_to_be_listing() -> None:
    states: Any = FakeStates(["RUNNING"])
    states.events = [{"type": "TaskStarted"}, {"stateEnteredEventDetails": {"name": "TakenWhole"}, "type": "x"}]
    assert Watch(states, EXECUTION).look().phase == "starting"


def test_only_what_local_toml_says_is_kept() -> None:
    with pytest.raises(CommandError, match='set key_source = "inventory" there'):
        demo(objects=1, keep=True, console=Console(file=io.StringIO()), key_source="inventory")


def test_a_failed_batch_of_an_inventory_is_reported_by_its_true_keys() -> None:
    bucket = RunsBucket()
    given = {"BatchInput": {"keys_from": "inventory"}, "Items": [{"Key": "a%20b", "ETag": "e"}, {"Key": "plain"}]}
    bucket.write("FAILED", [{"Input": json.dumps(given), "Error": "Boom", "Cause": ""}])
    results, retried = bucket.read(finished_run(key_source=INVENTORY, map_run=map_run(items=2)))
    assert retried == ["a b", "plain"]
    assert results.ledger["failed"] == 2
