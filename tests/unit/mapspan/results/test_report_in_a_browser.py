"""The report's page as a real browser lays it out, on a phone and a desk, in light and dark."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from environments.files import load
from mapspan.results.report import Report
from mapspan.results.report_html import page
from mapspan.results.run_costs import run_costs
from tests.fixtures.browser import VIEWS, View, measured, needs_chromium, sheets
from tests.fixtures.finished_runs import STARTED, RunsBucket, failed, finished_run, map_run, skipped, succeeded
from tests.fixtures.reports import report_of

pytestmark = needs_chromium

LONG_NAME = "n" * 80  # as long as an execution's name may be
LONG_KEYS = ["k" * 1024, "2026/" + "語" * 339, "a/" * 512, " ".join(["word"] * 200)]
DENIED = (
    "User: arn:aws:sts::111111111111:assumed-role/mapspan-prod-process-objects/worker is not authorized to perform:"
    " kms:Decrypt on resource: arn:aws:kms:eu-west-1:222222222222:key/9f0d3b1c-0000-4444-8888-of-the-source"
)
CAUSES = 20
TEN_DIGITS = 4_321_987_654


def tolerated() -> Report:
    """A run with 10 failed keys of 1,000, and 10 skipped ones."""
    bucket = RunsBucket()
    keys = [f"2026/report/{number}" for number in range(1_000)]
    bucket.list_keys(keys)
    records = [succeeded(key) for key in keys[:980]]
    records += [
        failed(key, f"ValueError: line {number} of {key} has no price") for number, key in enumerate(keys[-10:])
    ]
    bucket.write("SUCCEEDED", [*records, *(skipped(key) for key in keys[980:990])])
    return report_of(bucket, finished_run())


def crowded() -> Report:
    """A run whose every text and number is as long as it can be, with 20 causes."""
    bucket = RunsBucket()
    errors = [(f"{'Error' * 9}{number}"[:48], "x" * 30_000) for number in range(CAUSES - 1)]
    outcomes = [
        failed(LONG_KEYS[number % 4], f"{number}{cause}", error) for number, (error, cause) in enumerate(errors)
    ]
    outcomes += [failed(key, DENIED, "AccessDenied") for key in LONG_KEYS]
    outcomes += [skipped("a", "r" * 128), skipped("b", "a reason " * 14)]
    keys = [outcome["Key"] for outcome in outcomes]
    bucket.list_keys(keys)
    bucket.write("SUCCEEDED", [*outcomes, *(succeeded(f"s{size}", 2**size) for size in range(46))])
    report = report_of(bucket, finished_run())
    run = finished_run(
        name=LONG_NAME,
        arn=f"arn:aws:states:us-east-1:111111111111:execution:mapspan-example:{LONG_NAME}",
        status="FAILED",
        error="States.ExceedToleratedFailureThreshold",
        cause=f"{DENIED} {'x' * 3_000}",
        run_input={"prefixes": [key[:400] for key in LONG_KEYS]},
        stopped=STARTED + timedelta(days=300),
        map_run=map_run(
            stopped=STARTED + timedelta(days=299),
            items=TEN_DIGITS,
            redrives=1_000,
            children=TEN_DIGITS,
            max_concurrency=0,
        ),
    )
    results = report.results
    results.ledger = {
        "listed": 4 * TEN_DIGITS,
        "succeeded": TEN_DIGITS,
        "skipped": TEN_DIGITS,
        "failed": TEN_DIGITS,
        "pending": TEN_DIGITS,
    }
    results.skips = dict.fromkeys(results.skips, TEN_DIGITS)
    for cause in results.causes.by_keys():
        cause.keys = TEN_DIGITS
    results.sizes[46], results.size_bytes = TEN_DIGITS, TEN_DIGITS * 2**45
    return replace(report, run=run, costs=run_costs(load("prod"), run, results))


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[View, dict[str, Any]]]:
    """Both pages in every view, from one start of the browser each."""
    searches = ["", "report/993", "PRICE processorfailed", "nothing like it"]
    directory = tmp_path_factory.mktemp("pages")
    return {
        "tolerated": measured(page(tolerated()), directory, searches=searches),
        "crowded": measured(page(crowded()), directory, searches=[""]),
    }


@pytest.mark.parametrize("view", VIEWS, ids=str)
@pytest.mark.parametrize("name", ["tolerated", "crowded"])
def test_no_text_leaves_its_element_no_number_is_broken_and_nothing_is_loaded(
    seen: dict[str, dict[View, dict[str, Any]]], name: str, view: View
) -> None:
    measurements = seen[name][view]
    assert measurements["cut"] == []
    assert measurements["broken"] == []
    assert not measurements["overflows"], "the page is wider than its window"
    assert measurements["requests"] == []
    assert measurements["plots"] > 4


def test_the_crowded_page_has_all_causes_and_failed_keys(seen: dict[str, dict[View, dict[str, Any]]]) -> None:
    assert page(crowded()).count('<td class="number">4,321,987,654</td>') == CAUSES + len(["r", "a reason"])
    assert {measurements["found"][""] for measurements in seen["crowded"].values()} == {CAUSES - 1 + len(LONG_KEYS)}


@pytest.mark.parametrize("view", VIEWS, ids=str)
def test_a_reader_finds_the_failed_keys_and_sees_the_ledgers_shares(
    seen: dict[str, dict[View, dict[str, Any]]], view: View
) -> None:
    measurements = seen["tolerated"][view]
    assert measurements["heading"] == "night"
    assert list(measurements["found"].values()) == [10, 1, 10, 0]
    ledger = measurements["ledger"]
    assert ledger["failed"] / ledger["succeeded"] == pytest.approx(10 / 980, abs=0.01)


def test_dark_mode_has_its_own_colours_at_any_width(seen: dict[str, dict[View, dict[str, Any]]]) -> None:
    grounds = {view: measurements["ground"] for view, measurements in seen["tolerated"].items()}
    light, dark = ({grounds[view] for view in VIEWS if view.dark == is_dark} for is_dark in (False, True))
    assert len(light) == len(dark) == 1
    assert light != dark


def test_a_run_fits_on_one_printed_sheet(tmp_path: Path) -> None:
    assert sheets(page(tolerated()), tmp_path) == 1
