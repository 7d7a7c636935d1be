"""After a run, the report accounts for every key, and a retry processes exactly the keys that are left."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq  # type: ignore[import-untyped] # pyarrow comes without types
import pytest
from typer.testing import CliRunner

from mapspan.main import commands
from mapspan.results.ledger_text import OUTCOMES
from mapspan.running.execution import Execution
from tests.e2e.conftest import Cloud
from tests.e2e.variants import POLL_SECONDS

FAILS_ONE_IN_A_HUNDRED = """
from lambdas.job import Skip

def process(obj):
    number = int(obj.key.rpartition("/")[2])
    if number % 100 == 7:
        raise ValueError(f"line {number} of {obj.key} has no price")
    if number % 100 == 8:
        raise Skip("an old version")
    return {"size": len(obj.read())}
"""

SLOW = """
import time

def process(obj):
    time.sleep(0.05)
    return {"size": len(obj.read())}
"""

FAILS_WHOLE_BATCHES = """
def process(obj):
    if "/bad/" in obj.key:
        raise ValueError("broken")
    return {}
"""

FAILS_IN_TWO_WAYS = """
def process(obj):
    number = int(obj.key.rpartition("/")[2])
    if number < MENDED:
        raise ValueError("broken")
    if number < 5:
        return obj.tags()
    return {}
"""

Printed = Callable[..., dict[str, Any]]


@pytest.fixture
def printed(started: Path) -> Printed:  # noqa: ARG001 - the commands need a started cloud
    """The object that a command prints with --json."""

    def run(*arguments: str) -> dict[str, Any]:
        done = CliRunner().invoke(commands, [*arguments, "--json"], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    return run


KEYS = [f"2026/report/{number}" for number in range(1_000)]
FAILED = [key for key in KEYS if key.endswith("07") or key == "2026/report/7"]


@pytest.fixture(scope="module")
def tolerated(cloud: Cloud) -> str:
    """The name of a run that failed on one key in a hundred, skipped another, and succeeded."""
    cloud.put(dict.fromkeys(KEYS, b"x" * 100))
    with cloud.job(FAILS_ONE_IN_A_HUNDRED):
        execution = cloud.start({"prefix": "2026/report/"})
        assert cloud.finish(execution).status == "SUCCEEDED"
    return execution.name


def _retried(cloud: Cloud, printed: Printed, name: str) -> tuple[dict[str, Any], list[str]]:
    """The report of the retry, and the keys it touched."""
    started = printed("retry", "local", name, "--yes")
    execution = Execution(started["execution_arn"], cloud.deployment.step_functions())
    outcome = cloud.finish(execution)
    return printed("report", "local", execution.name), [line["Key"] for line in cloud.results(outcome)]


def _adds_up(ledger: dict[str, int]) -> bool:
    return ledger["listed"] == sum(ledger[outcome] for outcome in OUTCOMES)


def test_a_retry_processes_exactly_the_failed_keys_and_the_ledgers_add_up(
    cloud: Cloud, printed: Printed, tolerated: str, tmp_path: Path
) -> None:
    report = printed("report", "local", tolerated, "--html", str(tmp_path / "report.html"))
    assert f"<h1>{tolerated}</h1>" in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert report["ledger"] == {"listed": 1_000, "succeeded": 980, "skipped": 10, "failed": 10, "pending": 0}
    assert (report["failures"], report["skips"]) == ({"ProcessorFailed": 10}, {"an old version": 10})
    assert sorted(failed["key"] for failed in report["failed_keys"]) == sorted(FAILED)
    for failed in report["failed_keys"]:
        number = failed["key"].rpartition("/")[2]
        assert failed["cause"] == f"ValueError: line {number} of {failed['key']} has no price"
        assert failed["request_id"]
    assert [(cause["error"], cause["keys"]) for cause in report["causes"]] == [("ProcessorFailed", 10)]
    assert "line # of … has no price" in report["causes"][0]["words"]
    assert report["bytes"] == 98_000
    assert report["usd"] > 0

    again, touched = _retried(cloud, printed, tolerated)
    assert sorted(touched) == sorted(FAILED)
    assert again["ledger"] == {"listed": 10, "succeeded": 10, "skipped": 0, "failed": 0, "pending": 0}
    assert again["retry_command"] is None
    assert printed("retry", "local", again["execution"])["execution"] is None, "nothing is left"


def test_the_list_and_the_report_of_the_last_runs_have_the_numbers_of_the_runs_own_report(
    cloud: Cloud, printed: Printed, tolerated: str
) -> None:
    report = printed("report", "local", tolerated)
    assert cloud.lines(f"run-summaries/{tolerated}.json")[0]["ledger"] == report["ledger"]
    done = CliRunner().invoke(commands, ["list", "local", "--limit", "100", "--json"], catch_exceptions=False)
    [listed] = [run for run in map(json.loads, done.stdout.splitlines()) if run["name"] == tolerated]
    for fact in ("status", "seconds", "seen", "ledger", "failures", "skips", "started_by"):
        assert listed[fact] == report[fact]
    assert 0 < listed["usd"] <= report["usd"] + 6e-5, "the report's is at most, and rounded to a hundredth of a cent"
    assert listed["started_by"].startswith("arn:aws:")
    last = printed("report", "local", "--last", "100")
    assert {"event": "execution", **next(run for run in last["runs"] if run["name"] == tolerated)} == listed
    assert last["totals"]["failed"] >= 10
    assert "ProcessorFailed" in [failure["error"] for failure in last["failures"]]
    shown = CliRunner().invoke(commands, ["list", "local", "--limit", "100"], catch_exceptions=False).stdout
    [line] = [line for line in shown.splitlines() if line.startswith(tolerated)]
    assert {"SUCCEEDED", "1,000", "990", "10"} <= set(line.split())


def test_one_command_leads_from_a_failed_key_to_its_traceback(
    started: Path,  # noqa: ARG001 - the commands need a started cloud
    tolerated: str,
) -> None:
    def run(*arguments: str) -> tuple[int, str]:
        done = CliRunner().invoke(commands, [*arguments])
        return done.exit_code, done.stdout or str(done.exception)

    key, raises = "2026/report/107", 'raise ValueError(f"line {number} of {obj.key} has no price")'
    code, shown = run("logs", "local", tolerated, "--key", key)
    assert code == 0
    assert "a key failed: ProcessorFailed: ValueError: line 107 of 2026/report/107 has no price" in shown
    assert raises in shown
    assert "of 2026/report/7 " not in shown, "the failure of another key of its batch"
    assert shown.count("START RequestId: ") == 1

    code, shown = run("logs", "local", tolerated, "--limit", "4")
    assert (code, shown.count(raises)) == (0, 4)
    code, shown = run("explain", "local", tolerated, key)
    assert code == 0
    for text in ("failed  ProcessorFailed", raises, "line 107 of", f"mapspan retry local {tolerated}"):
        assert text in shown
    assert "key-lists/" in shown
    assert "skipped" in run("explain", "local", tolerated, "2026/report/8")[1]
    code, shown = run("explain", "local", tolerated, "2026/report/none")
    assert code == 1
    assert f'"2026/report/none" is not in the run {tolerated}' in shown


def test_the_table_of_a_run_has_every_key_with_the_outcome_of_the_ledger(
    printed: Printed, tolerated: str, tmp_path: Path
) -> None:
    table = tmp_path / "night.jsonl"
    answer = printed("results", "local", tolerated, "--to", str(table))
    rows = [json.loads(line) for line in table.read_bytes().splitlines()]
    assert sorted(row["key"] for row in rows) == sorted(KEYS)
    assert {row["key"] for row in rows if row["outcome"] == "failed"} == set(FAILED)
    for outcome in OUTCOMES:
        assert sum(1 for row in rows if row["outcome"] == outcome) == answer["ledger"][outcome]
    printed("results", "local", tolerated, "--to", str(tmp_path / "failed.parquet"), "--failed")
    assert sorted(pq.read_table(tmp_path / "failed.parquet")["key"].to_pylist()) == sorted(FAILED)


def test_an_aborted_run_is_reported_and_its_retry_covers_every_key_once(cloud: Cloud, printed: Printed) -> None:
    keys = [f"2026/aborted/{number:03}" for number in range(300)]
    cloud.put(dict.fromkeys(keys, b"x"))
    with cloud.job(SLOW):
        execution = cloud.start({"prefix": "2026/aborted/"})
        assert any(look.items.running for look in execution.follow(poll_seconds=POLL_SECONDS))
        cloud.deployment.step_functions().stop_execution(executionArn=execution.arn, cause="a test")
        cloud.finish(execution)

    report = printed("report", "local", execution.name)
    assert (report["status"], report["cause"]) == ("ABORTED", "a test")
    assert report["ledger"]["listed"] == 300
    assert _adds_up(report["ledger"])
    assert report["to_retry"] == 300 - report["ledger"]["succeeded"]
    again, touched = _retried(cloud, printed, execution.name)
    assert len(touched) == report["to_retry"]
    done_before = {line["Key"] for line in cloud.outcomes(f"map-runs/{execution.name}/")}
    assert sorted([*touched, *done_before]) == keys
    assert again["ledger"]["succeeded"] == len(touched)


def test_a_run_past_its_threshold_is_reported_and_the_rest_of_it_retried(cloud: Cloud, printed: Printed) -> None:
    keys = [f"2026/past/{'bad' if number < 200 else 'good'}/{number:04}" for number in range(600)]
    cloud.put(dict.fromkeys(keys, b"x"))
    with cloud.job(FAILS_WHOLE_BATCHES):
        execution = cloud.start({"prefix": "2026/past/"})
        assert cloud.finish(execution).error == "States.ExceedToleratedFailureThreshold"

    report = printed("report", "local", execution.name)
    assert report["ledger"]["listed"] == 600
    assert report["ledger"]["failed"] >= 100
    assert _adds_up(report["ledger"])
    assert "ValueError: broken" in json.dumps(report["causes"])
    done_before = [line["Key"] for line in cloud.outcomes(f"map-runs/{execution.name}/")]
    assert len(done_before) == report["ledger"]["succeeded"]
    again, touched = _retried(cloud, printed, execution.name)
    assert sorted([*done_before, *touched]) == keys
    assert again["ledger"] == {
        "listed": len(touched),
        "succeeded": len(touched),
        "skipped": 0,
        "failed": 0,
        "pending": 0,
    }


def test_a_run_that_failed_while_it_read_its_keys_is_redriven_and_its_retry_refused(
    cloud: Cloud, printed: Printed
) -> None:
    keys = [f"2026/unread/{number:03}" for number in range(500)]
    cloud.put(dict.fromkeys(keys, b"x"))
    parts = {"part-0.jsonl": keys[:300], "part-1.jsonl": keys[300:]}
    for name, part in parts.items():
        lines = "".join(json.dumps({"Key": key}) + "\n" for key in part)
        cloud.runs_s3.put_object(Bucket=cloud.runs_bucket, Key=f"key-lists/unread/listed/{name}", Body=lines.encode())
    with cloud.denied(
        "mapspan-local-state-machine", f"arn:aws:s3:::{cloud.runs_bucket}/key-lists/unread/listed/part-1.jsonl"
    ):
        execution = cloud.start({"key_list": {"prefix": "key-lists/unread/listed/"}})
        assert cloud.finish(execution).error == "States.ItemReaderFailed"

    report = printed("report", "local", execution.name)
    assert report["ledger"]["listed"] == 500
    assert report["ledger"]["failed"] == 0
    assert _adds_up(report["ledger"])
    assert report["unread"] == 300, "no child has the last 100 keys of the first part: their batch was not closed yet"
    redrive = f"mapspan redrive local {execution.name}"
    assert (report["retry_command"], report["redrive_command"]) == (None, redrive)
    refused = CliRunner().invoke(commands, ["retry", "local", execution.name, "--yes"])
    assert refused.exit_code == 1
    assert f"had not read 300 of the 500 listed keys when it ended; `{redrive}`" in str(refused.exception)

    printed("redrive", "local", execution.name)
    outcome = cloud.finish(execution)
    assert outcome.ledger == {"listed": 500, "succeeded": 500, "skipped": 0, "failed": 0, "pending": 0}
    assert sorted(line["Key"] for line in cloud.results(outcome)) == keys


def test_the_sum_over_a_run_and_its_retries_has_every_key_once(cloud: Cloud, printed: Printed, tmp_path: Path) -> None:
    keys = [f"2026/chain/{number:02}" for number in range(30)]
    cloud.put(dict.fromkeys(keys, b"x"))
    with cloud.job(FAILS_IN_TWO_WAYS.replace("MENDED", "3")):
        first = cloud.start({"prefix": "2026/chain/"})
        cloud.finish(first)
    refused = CliRunner().invoke(commands, ["retry", "local", first.name, "--yes", "--error", "Throttled"])
    assert refused.exit_code == 1
    assert str(refused.exception) == (
        f"--error Throttled: no key of {first.name} has this error: write one of ProcessorFailed 3, AccessDenied 2"
    )

    with cloud.job(FAILS_IN_TWO_WAYS.replace("MENDED", "4").replace("< 5", "< 0")):
        limited = printed("retry", "local", first.name, "--yes", "--error", "AccessDenied")
        cloud.finish(Execution(limited["execution_arn"], cloud.deployment.step_functions()))
    assert (limited["keys"], limited["errors"], limited["usd"] > 0) == (2, {"AccessDenied": 2}, True)
    assert limited["input"]["retry_of"] == first.name
    assert limited["input"]["retry_errors"] == ["AccessDenied"]
    assert {line["Key"] for line in cloud.lines(f"key-lists/{first.name}/retry/")} == set(keys[:5]), "it stays whole"

    last, touched = _retried(cloud, printed, limited["execution"])
    assert touched == [keys[3]]
    names = [first.name, limited["execution"], last["execution"]]
    outcomes: dict[str, str] = {}
    for name in names:
        for line in cloud.outcomes(f"map-runs/{name}/"):
            outcomes[line["Key"]] = line["Outcome"].lower()
    assert sorted(outcomes) == keys
    by_key = {outcome: list(outcomes.values()).count(outcome) for outcome in OUTCOMES}
    assert by_key == {"succeeded": 27, "skipped": 0, "failed": 3, "pending": 0}
    page = tmp_path / "chain.html"
    for chain in (last["chain"], printed("report", "local", first.name, "--html", str(page))["chain"]):
        assert chain["ledger"] == {"listed": 30, **by_key}
        assert [run["execution"] for run in chain["runs"]] == names
        assert [run["ledger"]["listed"] for run in chain["runs"]] == [30, 2, 1]
        assert (chain["unknown"], chain["read_by_key"], chain["notes"]) == (None, [], [])
    assert "<b>listed 30 = succeeded 27 + skipped 0 + failed 3 + pending 0</b>" in page.read_text()


def test_a_retry_asks_before_it_starts(cloud: Cloud, printed: Printed, tolerated: str) -> None:
    assert printed("report", "local", tolerated)["to_retry"] == 10
    client, machine = cloud.deployment.step_functions(), cloud.deployment.state_machine_arn
    before = len(client.list_executions(stateMachineArn=machine)["executions"])
    answered_no = CliRunner().invoke(commands, ["retry", "local", tolerated], input="n\n")
    assert answered_no.exit_code == 1
    assert "10 of 1,000 keys to retry: 10 failed\n" in answered_no.output
    assert str(answered_no.exception) == "nothing was started"
    unanswered = CliRunner().invoke(commands, ["retry", "local", tolerated], input="")
    assert "pass --yes" in str(unanswered.exception), "on a pipe nobody answers"
    assert len(client.list_executions(stateMachineArn=machine)["executions"]) == before
