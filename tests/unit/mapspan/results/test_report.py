"""What a report says of a run, in words, as JSON and as a page."""

from __future__ import annotations

import io
import json
import re
from html.parser import HTMLParser

import pytest
from rich.console import Console

from environments.files import load
from mapspan.deployment import Deployment
from mapspan.results import report as reports
from mapspan.results.finished_run import FinishedRun
from mapspan.results.report import Report
from mapspan.results.report_command import show
from mapspan.results.report_html import page
from tests.fixtures.finished_runs import RunsBucket, child, failed, finished_run, map_run, succeeded

NASTY = 'a<b>&"c"\n\u2028.csv'


def reported(bucket: RunsBucket, run: FinishedRun) -> Report:
    deployment = Deployment(environment=load("prod"))
    results, _ = bucket.read(run)
    return Report(
        environment="prod",
        run=run,
        results=results,
        costs=reports._costs(deployment, run, results),
        console_url=deployment.console_url(run.arn),
        local=False,
    )


@pytest.fixture
def tolerated() -> Report:
    bucket = RunsBucket()
    keys = [f"k/{number}" for number in range(98)]
    bucket.list_keys([*keys, NASTY, "late"])
    bucket.write("SUCCEEDED", [*(succeeded(key) for key in keys), failed(NASTY, "ValueError: <script>bad()</script>")])
    bucket.write("PENDING", [child(["late"])])
    return reported(bucket, finished_run())


def printed(found: Report) -> str:
    stream = io.StringIO()
    show(found, Console(file=stream, width=100))
    return stream.getvalue()


def test_the_words_tell_ledger_pace_cost_causes_and_what_to_type_next(tolerated: Report) -> None:
    said = printed(tolerated)
    assert "listed 100 = succeeded 98 + failed 1 + pending 1" in said
    assert "3 min 00 s: listing 1 min 00 s, processing 1 min 40 s, adding up 20 s, 1 keys/s" in said
    assert "1 x ProcessorFailed: ValueError: <script>bad()</script>" in said
    assert '"a<b>&\\"c\\"\\n' in said, "an odd key is written so that it can be told from another"
    assert "mapspan retry prod night" in said


def test_the_json_holds_the_same(tolerated: Report) -> None:
    told = json.loads(json.dumps(tolerated.as_json()))
    assert told["ledger"] == {"listed": 100, "succeeded": 98, "failed": 1, "pending": 1}
    assert told["causes"][0]["examples"] == [{"key": NASTY, "cause": "ValueError: <script>bad()</script>"}]
    assert told["stages"] == {"listing": 60, "processing": 100, "adding up": 20}
    # By hand: ten functions of 1 GB for 100 s.
    processing = next(cost for cost in told["costs"] if cost["name"] == "Lambda: processing")
    assert processing["usd"] == pytest.approx(1_000 * 0.00001667 + 100 * 0.0000002)


def test_the_page_is_one_file_that_asks_for_nothing_and_lets_no_key_in_as_markup(tolerated: Report) -> None:
    html = page(tolerated)
    tags: list[tuple[str, dict[str, str | None]]] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            tags.append((tag, dict(attrs)))

    Reader().feed(html)
    names = {tag for tag, _ in tags}
    assert not names & {"script", "link", "img", "iframe", "b<b"}
    assert not [attrs for tag, attrs in tags if "src" in attrs or (tag != "a" and "href" in attrs)]
    assert "url(" not in html
    assert "@import" not in html
    assert "&lt;script&gt;bad()&lt;/script&gt;" in html
    assert html.count("<svg") == html.count("</svg>") == 4


def test_the_page_draws_a_single_failed_key_of_many() -> None:
    bucket = RunsBucket()
    keys = [f"k/{number}" for number in range(3_000)]
    bucket.list_keys([*keys, "bad"])
    bucket.write("SUCCEEDED", [*(succeeded(key) for key in keys), failed("bad")])
    drawn = re.search(r'<rect class="failed" [^>]*width="([\d.]+)"', page(reported(bucket, finished_run())))
    assert drawn
    assert float(drawn[1]) >= 2


def test_an_aborted_run_without_results_says_that_nobody_knows() -> None:
    bucket = RunsBucket()
    bucket.list_keys(["a", "b"])
    run = finished_run(status="ABORTED", error="Stopped", cause="by mapspan stop", map_run=map_run(succeeded=1))
    found = reported(bucket, run)
    assert any("wrote no results" in note and "succeeded had 1 keys" in note for note in found.notes)
    assert found.keys_per_second is None
    assert "ABORTED  Stopped" in printed(found)
    assert "by mapspan stop" in page(found)


def test_a_run_that_died_listing_is_not_taken_for_a_small_one() -> None:
    bucket = RunsBucket()
    bucket.list_keys(["a"])
    found = reported(bucket, finished_run(status="FAILED", error="AccessDenied", map_run=None))
    assert any("the listing did not finish" in note for note in found.notes)
    assert found.retry_command == "mapspan retry prod night"
    assert found.stages == [("listing", 180.0)]


def test_an_empty_run_is_reported_too() -> None:
    found = reported(RunsBucket(), finished_run(map_run=None))
    assert found.retry_command is None
    assert "listed 0 = succeeded 0" in printed(found)
    assert "<svg" in page(found)


def test_redrives_are_told_because_times_include_the_waits() -> None:
    bucket = RunsBucket()
    bucket.write("SUCCEEDED", [])
    found = reported(bucket, finished_run(map_run=map_run(redrives=2)))
    assert any("redriven 2 times" in note for note in found.notes)
