"""A past run is described by the definition that it ran with, whatever the environment's file says today."""

from __future__ import annotations

from typing import Any

import pytest

from environments.files import load
from mapspan.deployment import Deployment
from mapspan.results.finished_run import find_run
from mapspan.results.report import Report, read_report
from mapspan.running.remainder import Remainder, write_remainder
from modules.pipeline.workflow.names import INVENTORY, LISTING, REPLICATION, KeySourceName
from tests.fixtures.fake_states import FakeStates, counts
from tests.fixtures.finished_runs import RunsBucket, failed, succeeded
from tests.fixtures.run_definitions import run_definition


class PastRun:
    """A run of three keys in the environment `local`, whose key source was changed after it.

    One key failed, or, without `results`, the run was stopped before it wrote any.
    """

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, *, then: KeySourceName, now: KeySourceName, results: bool = True
    ) -> None:
        self.deployment = Deployment(environment=load("local").model_copy(update={"key_source": now}))
        self.bucket = RunsBucket(self.deployment.runs_bucket)
        if then == LISTING:
            self.bucket.list_keys(["a", "b", "c"])
        if results:
            self.bucket.write("SUCCEEDED", [succeeded("a"), succeeded("b"), failed("c")])
        self.then = then
        monkeypatch.setattr(Deployment, "s3", lambda _: self.bucket.s3.client)
        monkeypatch.setattr(Deployment, "step_functions", lambda _: self._states())

    def _states(self) -> Any:
        states = FakeStates(["FAILED"])
        states.definition = run_definition(self.then)
        states.map_run = {
            "status": "SUCCEEDED",
            "maxConcurrency": 10,
            "itemCounts": counts(total=3, succeeded=3),
            "executionCounts": counts(total=1, succeeded=1),
        }
        return states

    def report(self) -> Report:
        return read_report(self.deployment, "night")

    def remainder(self) -> Remainder:
        return write_remainder(self.deployment, find_run(self.deployment, "night"))


def test_an_inventory_run_is_reported_as_it_was_after_the_file_went_back_to_listing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    report = PastRun(monkeypatch, then=INVENTORY, now=LISTING).report()
    assert report.ledger == {"listed": 3, "succeeded": 2, "skipped": 0, "failed": 1, "pending": 0}
    assert report.results.adds_up
    assert not any("add up" in note for note in report.notes)
    assert {cost.name: cost.usd for cost in report.costs}["Lambda: listing"] == 0


def test_a_listing_run_is_reported_as_it_was_after_the_file_went_over_to_inventory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    past = PastRun(monkeypatch, then=LISTING, now=INVENTORY)
    past.bucket.list_keys(["a", "b", "c", "d"])
    report = past.report()
    assert report.ledger == {"listed": 4, "succeeded": 2, "skipped": 0, "failed": 1, "pending": 1}
    assert (report.results.unrecorded, report.results.nameless) == (1, 0)
    assert {cost.name: cost.usd for cost in report.costs}["Lambda: listing"] > 0


def test_an_inventory_run_is_retried_by_key_after_the_file_went_back_to_listing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    remainder = PastRun(monkeypatch, then=INVENTORY, now=LISTING).remainder()
    assert remainder.keys == 1
    assert remainder.run_input["retry_of"] == "night"
    assert remainder.run_input["key_list"]["prefix"].startswith("key-lists/night/retry-")


def test_an_inventory_run_without_results_is_retried_whole_after_the_file_went_back_to_listing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    remainder = PastRun(monkeypatch, then=INVENTORY, now=LISTING, results=False).remainder()
    assert (remainder.keys, remainder.run_input) == (None, {})
    assert remainder.reason == (
        "3 of its keys are in no result file, and it has no key list that names them,"
        " so the whole run is started again;"
        " its key source was inventory, now it is listing"
    )


def test_a_listing_run_without_results_is_retried_by_key_after_the_file_went_over_to_inventory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    remainder = PastRun(monkeypatch, then=LISTING, now=INVENTORY, results=False).remainder()
    assert remainder.keys == 3
    assert remainder.run_input["retry_of"] == "night"
    assert remainder.run_input["key_list"]["prefix"].startswith("key-lists/night/retry-")


def test_a_replication_run_is_reported_as_it_was_after_the_file_went_over_to_listing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    report = PastRun(monkeypatch, then=REPLICATION, now=LISTING).report()
    assert report.ledger == {"listed": 3, "succeeded": 2, "skipped": 0, "failed": 1, "pending": 0}
    assert {cost.name: cost.quantity for cost in report.costs}["S3: listing"] == "1 LIST and 0 PUT requests"
