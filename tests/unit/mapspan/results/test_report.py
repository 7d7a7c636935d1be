"""A report as lines of text, as JSON and as an HTML page."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import io
import json
import re
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from rich.console import Console

from mapspan.results.chain.chain import Chain
from mapspan.results.chain.chain_run import ChainRun
from mapspan.results.chain.retry_link import RetryLink
from mapspan.results.report import Report
from mapspan.results.report_display import show_report
from mapspan.results.report_html import page
from modules.pipeline.workflow.names import INVENTORY
from tests.fixtures.batch_failures import batch_failure_cause
from tests.fixtures.finished_runs import (
    OWNER,
    STARTED,
    RunsBucket,
    child,
    failed,
    finished_run,
    map_run,
    skipped,
    succeeded,
)
from tests.fixtures.reports import report_of

NASTY = 'a<b>&"c"\n\u2028.csv'


@pytest.fixture
def tolerated() -> Report:
    bucket = RunsBucket()
    keys = [f"k/{number}" for number in range(98)]
    bucket.list_keys([*keys, NASTY, "late"])
    bucket.write("SUCCEEDED", [*(succeeded(key) for key in keys), failed(NASTY, "ValueError: <script>bad()</script>")])
    bucket.write("PENDING", [child(["late"])])
    return report_of(bucket, finished_run())


def printed(report: Report) -> str:
    stream = io.StringIO()
    show_report(report, Console(file=stream, width=100))
    return stream.getvalue()


def test_the_text_shows_ledger_times_cost_causes_and_the_next_command(tolerated: Report) -> None:
    text = printed(tolerated)
    assert "listed 100 = succeeded 98 + skipped 0 + failed 1 + pending 1" in text
    assert "3 min 00 s: listing 1 min 00 s, processing 1 min 40 s, adding up 20 s, 1 keys/s" in text
    assert "1 x ProcessorFailed: ValueError: <script>bad()</script>" in text
    assert '"a<b>&\\"c\\"\\n' in text, "unusual characters of a key are escaped"
    assert "mapspan retry prod night" in text


def test_the_json_has_the_same_facts(tolerated: Report) -> None:
    as_json = json.loads(json.dumps(tolerated.as_json()))
    assert as_json["ledger"] == {"listed": 100, "succeeded": 98, "skipped": 0, "failed": 1, "pending": 1}
    assert as_json["causes"][0]["examples"] == [{"key": NASTY, "cause": "ValueError: <script>bad()</script>"}]
    assert as_json["stages"] == {"listing": 60, "processing": 100, "adding up": 20}
    # By hand: ten functions of 1 GB for 100 s.
    processing = next(cost for cost in as_json["costs"] if cost["name"] == "Lambda: processing")
    assert processing["usd"] == pytest.approx(1_000 * 0.00001667 + 100 * 0.0000002)


def test_the_page_loads_nothing_and_escapes_keys(tolerated: Report) -> None:
    html = page(tolerated)
    tags: list[tuple[str, dict[str, str | None]]] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            tags.append((tag, dict(attrs)))

    Reader().feed(html)
    names = {tag for tag, _ in tags}
    assert not names & {"link", "img", "iframe", "b<b"}
    assert html.count("<script>") == html.count("<style>") == 1
    assert not [attrs for _, attrs in tags if "style" in attrs or any(name.startswith("on") for name in attrs)]
    assert not [attrs for tag, attrs in tags if "src" in attrs or (tag != "a" and "href" in attrs)]
    assert "url(" not in html
    assert "@import" not in html
    assert "&lt;script&gt;bad()&lt;/script&gt;" in html
    assert html.count("<svg") == html.count("</svg>") > 4


def test_the_pages_policy_allows_its_own_style_and_script_and_no_request(tolerated: Report) -> None:
    html = page(tolerated)
    (policy,) = re.findall(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">', html)
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules == {
        "default-src": "'none'",
        "style-src": _allowed(html, "style"),
        "script-src": _allowed(html, "script"),
        "base-uri": "'none'",
        "form-action": "'none'",
    }


def _allowed(html: str, tag: str) -> str:
    (text,) = re.findall(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_the_page_leads_to_the_console_the_logs_and_the_next_command(tolerated: Report) -> None:
    html = page(tolerated)
    for command in ("mapspan retry prod night", "mapspan logs prod night --failed", "mapspan report prod night --json"):
        assert f'<code class="command">{command}</code>' in html
    host = "https://eu-west-1.console.aws.amazon.com"
    assert f'href="{host}/states/home?region=eu-west-1#/v2/executions/details/' in html
    group = "$252Faws$252Flambda$252Fmapspan-prod-process-objects"
    assert f'href="{host}/cloudwatch/home?region=eu-west-1#logsV2:log-groups/log-group/{group}"' in html


def test_an_access_denied_is_shown_with_its_resource() -> None:
    bucket = RunsBucket()
    keys = ["2026/one", "2026/two"]
    bucket.list_keys(keys)
    role = f"arn:aws:sts::{OWNER}:assumed-role/mapspan-prod-process-objects/mapspan-prod-process-objects"
    resource = "arn:aws:kms:eu-west-1:222222222222:key/of-the-source"
    cause = f"GetObject: User: {role} is not authorized to perform: kms:Decrypt on resource: {resource}"
    assert len(cause) > 160
    bucket.write("SUCCEEDED", [failed(key, cause, "AccessDenied") for key in keys])
    report = report_of(bucket, finished_run())
    assert "key/of-the-source" in printed(report)
    assert page(report).count(cause) == 4, "once for each example, and once for each failed key"


def test_the_page_lists_at_most_a_thousand_failed_keys_and_says_so() -> None:
    bucket = RunsBucket()
    keys = [f"2026/{number:04}" for number in range(1_001)]
    bucket.list_keys(keys)
    bucket.write("SUCCEEDED", [failed(key) for key in keys])
    html = page(report_of(bucket, finished_run()))
    assert "First 1,000 of 1,001 failed keys" in html
    assert ("<code>2026/0999</code>" in html, "<code>2026/1000</code>" in html) == (True, False)


def test_skipped_keys_are_grouped_by_reason_and_their_hidden_characters_shown() -> None:
    bucket = RunsBucket()
    bucket.list_keys(list("abcd"))
    hostile = "<b>\x1b[31m\u202e\n[red]"
    bucket.write("SUCCEEDED", [succeeded("a"), skipped("b"), skipped("c", hostile), skipped("d")])
    report = report_of(bucket, finished_run())
    assert report.as_json()["skips"] == {"not a CSV": 2, hostile: 1}
    assert (report.retry_command, report.results.to_retry) == (None, 0)
    text, html = printed(report), page(report)
    assert "listed 4 = succeeded 1 + skipped 3 + failed 0 + pending 0" in text
    assert "skips     2 x not a CSV\nskips     1 x <b>␛[31m⟨U+202E⟩␊[red]\n" in text
    assert "&lt;b&gt;␛[31m⟨U+202E⟩␊[red]" in html
    assert '<rect class="skipped"' in html


def test_the_json_has_each_failed_key_with_its_whole_cause_and_its_request_id() -> None:
    bucket = RunsBucket()
    bucket.list_keys(list("abcdefg"))
    long = "ValueError: " + "x" * 5_000 + " of the last line"
    bucket.write("SUCCEEDED", [succeeded("a"), failed("b", long), skipped("c")])
    batch = batch_failure_cause([("d", "AccessDenied", "no"), ("e", "AccessDenied", "not")])
    bucket.write("FAILED", [child(["d", "e"], Error="BatchFailed", Cause=batch), child(["f"], Status="TIMED_OUT")])
    bucket.write("PENDING", [child(["g"])])
    report = report_of(bucket, finished_run())
    as_json = json.loads("".join(report.json_parts()))
    assert as_json["ledger"] == report.ledger
    keys = [
        (failed["key"], failed["error"], failed["cause"], failed["request_id"]) for failed in as_json["failed_keys"]
    ]
    assert keys == [
        ("b", "ProcessorFailed", long, "request-1"),
        ("d", "AccessDenied", "no", "id"),
        ("e", "AccessDenied", "all 2 keys failed: 2 with AccessDenied", "id"),
        ("f", "TIMED_OUT", "", None),
    ]
    where = "mapspan report prod night --json"
    assert f"whole causes and request ids: {where}" in printed(report)
    assert where in page(report)
    assert long not in printed(report) + page(report)
    assert page(report).count("x of the last line") == 2, "for the key and for its cause: cut in the middle"


def test_a_single_failed_key_of_many_is_visible_on_the_page() -> None:
    bucket = RunsBucket()
    keys = [f"k/{number}" for number in range(3_000)]
    bucket.list_keys([*keys, "bad"])
    bucket.write("SUCCEEDED", [*(succeeded(key) for key in keys), failed("bad")])
    drawn = re.search(r'<rect class="failed" [^>]*width="([\d.]+)"', page(report_of(bucket, finished_run())))
    assert drawn
    assert float(drawn[1]) >= 4, "of 1,000, which is more than a pixel of a phone"


def test_the_report_of_an_aborted_run_without_results_says_that_they_are_unknown() -> None:
    bucket = RunsBucket()
    bucket.list_keys(["a", "b"])
    run = finished_run(status="ABORTED", error="Stopped", cause="by mapspan stop", map_run=map_run(succeeded=1))
    report = report_of(bucket, run)
    assert any("wrote no results" in note and "succeeded had 1 keys" in note for note in report.notes)
    assert report.keys_per_second is None
    assert "ABORTED  Stopped" in printed(report)
    assert "by mapspan stop" in page(report)


def test_the_report_of_an_unfinished_listing_says_so() -> None:
    bucket = RunsBucket()
    bucket.list_keys(["a"])
    report = report_of(bucket, finished_run(status="FAILED", error="AccessDenied", map_run=None))
    assert any("the listing did not finish" in note for note in report.notes)
    assert report.retry_command == "mapspan retry prod night"
    assert report.stages == [("listing", 180.0)]


def test_a_run_without_keys_has_a_report() -> None:
    report = report_of(RunsBucket(), finished_run(map_run=None))
    assert report.retry_command is None
    assert "listed 0 = succeeded 0" in printed(report)
    assert "<svg" in page(report)


def test_the_report_mentions_redrives_because_times_include_the_waits() -> None:
    bucket = RunsBucket()
    bucket.write("SUCCEEDED", [])
    report = report_of(bucket, finished_run(map_run=map_run(redrives=2)))
    assert any("redriven 2 times" in note for note in report.notes)


def test_the_report_of_a_run_without_a_key_list_says_which_keys_can_not_be_retried() -> None:
    report = report_of(RunsBucket(), finished_run(INVENTORY, status="ABORTED", map_run=map_run(items=7)))
    assert any("7 of the pending keys are in no key list" in note for note in report.notes)
    assert report.stages[0][0] == "starting"


@pytest.mark.parametrize("redrivable", [True, False])
def test_the_report_of_a_run_with_unread_keys_says_so_and_names_the_redrive(redrivable: bool) -> None:
    bucket = RunsBucket()
    bucket.list_keys(list("abcd"))
    bucket.write("SUCCEEDED", [succeeded("a"), succeeded("b")])
    run = finished_run(status="FAILED", redrivable=redrivable, map_run=map_run(status="FAILED", items=2))
    report = report_of(bucket, run)
    assert report.ledger == {"listed": 4, "succeeded": 2, "skipped": 0, "failed": 0, "pending": 2}
    assert any("had not read 2 of the 4 listed keys" in note for note in report.notes)
    assert any("a redrive reads the others" in note for note in report.notes) == redrivable
    command = f"mapspan {'redrive' if redrivable else 'retry'} prod night"
    assert (report.redrive_command or report.retry_command) == command
    assert f"next      {command}" in printed(report)
    assert command in page(report)


def test_the_report_of_an_inventory_run_that_failed_says_that_keys_may_be_unread() -> None:
    bucket = RunsBucket()
    bucket.write("SUCCEEDED", [succeeded("a")])
    run = finished_run(INVENTORY, status="FAILED", redrivable=True, map_run=map_run(status="FAILED", items=1))
    report = report_of(bucket, run)
    assert any("`listed` is the number of keys that it had read; a redrive reads the others" in n for n in report.notes)
    assert (report.retry_command, report.redrive_command) == (None, "mapspan redrive prod night")


def _chain(**changes: Any) -> Chain:
    hostile = RetryLink(retry_of="night", errors=("\x1b[31m\n<script>", "[red]x"), key_list="key-lists/night/retry-1/")
    first, second = STARTED, STARTED + timedelta(hours=1)
    ledger = {"listed": 9, "succeeded": 7, "skipped": 0, "failed": 2, "pending": 0}
    runs = [
        ChainRun(name="night", status="SUCCEEDED", started=first, stopped=first, link=None, ledger=ledger),
        ChainRun(name="again", status="RUNNING", started=second, stopped=None, link=hostile),
    ]
    return Chain(**{"runs": runs, "ledger": ledger, "read_by_key": []} | changes)


def test_a_report_shows_the_chain_of_its_retries_and_obeys_no_text_in_it(tolerated: Report) -> None:
    report = dataclasses.replace(tolerated, chain=_chain(note="looked among <i>100</i>"))
    text, html = printed(report), page(report)
    for line in (
        "chain     night (this run)  SUCCEEDED  listed 9 = succeeded 7 + skipped 0 + failed 2 + pending 0\n",
        "chain     again  retry of night: ␛[31m␊<script>, [red]x  RUNNING\n",
        "chain     together, each key once: listed 9 = succeeded 7 + skipped 0 + failed 2 + pending 0\n",
        "chain     looked among <i>100</i>\n",
    ):
        assert line in text
    assert "<td>retry of night: ␛[31m␊&lt;script&gt;, [red]x</td>" in html
    assert "Together, each key once: <b>listed 9 = succeeded 7 + skipped 0 + failed 2 + pending 0</b>" in html
    assert "Looked among &lt;i&gt;100&lt;/i&gt;." in html
    assert html.count("<script>") == 1
    as_json = json.loads(json.dumps(report.as_json()))["chain"]
    assert as_json["ledger"]["failed"] == 2
    assert [run["execution"] for run in as_json["runs"]] == ["night", "again"]
    assert (as_json["runs"][1]["retry_of"], as_json["runs"][1]["retry_errors"][1]) == ("night", "[red]x")
    assert (as_json["runs"][0]["retry_of"], as_json["runs"][1]["ledger"]) == (None, None)


def test_a_report_says_why_the_sum_of_its_chain_is_unknown(tolerated: Report) -> None:
    report = dataclasses.replace(tolerated, chain=_chain(ledger=None, unknown="again is still running"))
    assert "chain     together, each key once: unknown: again is still running\n" in printed(report)
    assert "<b>unknown: again is still running</b>" in page(report)
    assert report.as_json()["chain"]["unknown"] == "again is still running"


def test_a_report_of_a_run_without_retries_has_no_chain(tolerated: Report) -> None:
    assert "chain" not in printed(tolerated)
    assert "its retries" not in page(tolerated)
    assert tolerated.as_json()["chain"] is None


def test_a_report_names_no_retry_of_keys_that_a_later_run_has_taken_over(tolerated: Report) -> None:
    night, again = _chain().runs
    done = {"listed": 9, "succeeded": 9, "skipped": 0, "failed": 0, "pending": 0}
    whole = RetryLink(retry_of="night", errors=None, key_list="key-lists/night/retry/")
    other = RetryLink(retry_of="again", errors=None, key_list="key-lists/again/retry/")

    def command(**changes: Any) -> str | None:
        return dataclasses.replace(tolerated, chain=_chain(**changes)).retry_command

    assert command() == "mapspan retry prod night", "some of its errors were retried"
    assert command(ledger=done) is None
    assert command(runs=[night, dataclasses.replace(again, link=whole)]) is None
    assert command(runs=[night, again, dataclasses.replace(again, link=other)]) == "mapspan retry prod night"
    without_keys = dataclasses.replace(again, link=whole, ledger={**dict.fromkeys(done, 0)})
    assert command(runs=[night, without_keys]) == "mapspan retry prod night"
