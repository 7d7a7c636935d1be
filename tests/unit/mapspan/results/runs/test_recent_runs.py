"""The newest runs are read from their summaries; Step Functions is asked only about runs without one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from environments.files import load
from lambdas.summarize_run.run_summary import run_summary_key
from mapspan.results.run_costs import run_costs
from mapspan.results.runs.recent_runs import recent_runs
from tests.fixtures.fake_s3 import refusal
from tests.fixtures.finished_runs import RunsBucket, finished_run, map_run, succeeded
from tests.fixtures.listed_runs import LEDGER, STARTED, ListedRuns, run_summary

OUTPUT = {
    "ledger": {"listed": 0, "succeeded": 0, "skipped": 0, "failed": 0, "pending": 0},
    "failures": {},
    "skips": {},
    "map_runs": [],
    "seen": 5_000,
    "looked_from": None,
    "looked_until": None,
}


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch) -> ListedRuns:
    return ListedRuns(monkeypatch)


def test_thirty_runs_take_one_list_and_one_object_each(listed: ListedRuns) -> None:
    for number in range(30):
        started = (STARTED - timedelta(minutes=number)).isoformat()
        listed.add(f"run-{number}", summary=run_summary(run={"started": started}))
    runs = recent_runs(listed.deployment, 30)
    assert [run.name for run in runs] == [f"run-{number}" for number in range(30)], "the newest first"
    assert listed.calls == ["list_executions"]
    assert sorted(listed.s3.reads) == sorted(run_summary_key(run.name) for run in runs)
    assert all(run.ledger == LEDGER for run in runs)


def test_a_run_has_status_and_times_from_step_functions_and_the_rest_from_its_summary(listed: ListedRuns) -> None:
    looked = {"looked_from": "2026-11-20T02:00:00Z", "looked_until": "2026-11-21T02:00:00Z"}
    listed.add("night", "FAILED", run_summary(run=looked), redriveCount=2)
    (run,) = recent_runs(listed.deployment, 10)
    assert run.usd is not None
    assert run.as_json() == {
        "environment": "prod",
        "name": "night",
        "status": "FAILED",
        "started": "2026-11-21T02:00:00+00:00",
        "stopped": "2026-11-21T02:03:00+00:00",
        "seconds": 180,
        "redriven": 2,
        "seen": 120,
        **looked,
        "ledger": LEDGER,
        "failures": {"AccessDenied": 2},
        "skips": {"not a CSV": 2},
        "usd": round(run.usd, 6),
        "started_by": "schedule",
        "error": None,
        "cause": None,
    }


@pytest.mark.parametrize("given_key_list", [False, True])
def test_the_cost_is_the_one_of_the_runs_own_report(listed: ListedRuns, given_key_list: bool) -> None:
    bucket, prefix = RunsBucket(), "key-lists/night/listed/"
    if given_key_list:
        prefix = "key-lists/other/retry/"
    keys = [f"k/{number}" for number in range(50)]
    bucket.list_keys(keys, prefix)
    bucket.write("SUCCEEDED", [succeeded(key) for key in keys])
    seen = None if given_key_list else 9_000
    run_input = {"key_list": {"prefix": prefix}} if given_key_list else {}
    run = finished_run(output={"seen": seen}, run_input=run_input, map_run=map_run(items=50, children=7))
    results, _ = bucket.read(run)
    reported = sum(cost.usd for cost in run_costs(load("prod"), run, results))
    # Seven children at a time for the 100 seconds of the Map Run.
    processing = {**run_summary()["processing"], "children": 7, "seconds": 700}
    listed.add(
        "night",
        summary=run_summary(
            run={"seen": seen},
            processing=processing,
            ledger=results.ledger,
            given_key_list=given_key_list,
        ),
    )
    (overview,) = recent_runs(listed.deployment, 10)
    assert overview.usd == pytest.approx(reported)
    assert reported > 0


def test_a_run_whose_children_have_no_times_has_the_cost_of_the_rest(listed: ListedRuns) -> None:
    nothing = {"children": 0, "seconds": 0.0, "started": None, "stopped": None}
    listed.add("night", summary=run_summary(processing=nothing))
    (run,) = recent_runs(listed.deployment, 10)
    assert run.usd is not None
    assert run.usd > 0


def test_a_running_run_is_described_even_if_its_last_end_wrote_a_summary(listed: ListedRuns) -> None:
    listed.add("redriven", "RUNNING", run_summary(), run_input={"started_by": "jane", "prefix": "2026/"})
    (run,) = recent_runs(listed.deployment, 10)
    assert (run.is_running, run.stopped, run.ledger, run.usd) == (True, None, None, None)
    assert run.started_by == "jane"
    assert run.seconds > 0
    assert listed.s3.reads == []


def test_a_run_that_died_before_its_summary_shows_why(listed: ListedRuns) -> None:
    listed.add("night", "FAILED", error="InvalidInput", cause="prefix: 7 is not a text", run_input=["not", "an object"])
    (run,) = recent_runs(listed.deployment, 10)
    assert (run.error, run.cause) == ("InvalidInput", "prefix: 7 is not a text")
    assert (run.ledger, run.processed, run.left, run.usd, run.started_by) == (None, None, None, None, None)


def test_a_run_that_found_nothing_has_the_numbers_of_its_output_and_the_cost_of_its_listing(listed: ListedRuns) -> None:
    listed.add("night", output=OUTPUT, run_input={"started_by": "schedule"})
    (run,) = recent_runs(listed.deployment, 10)
    assert (run.seen, run.processed, run.left, run.started_by) == (5_000, 0, 0, "schedule")
    assert run.usd is not None
    assert run.usd > 0


def test_a_run_whose_summary_was_not_written_has_its_ledger_and_no_cost(listed: ListedRuns) -> None:
    listed.add(
        "night", output={**OUTPUT, "ledger": LEDGER, "map_runs": [{"MapRunArn": "arn"}], "run_summary_error": "denied"}
    )
    (run,) = recent_runs(listed.deployment, 10)
    assert (run.ledger, run.usd) == (LEDGER, None)


def test_a_summary_of_an_earlier_run_of_the_same_name_is_not_this_runs(listed: ListedRuns) -> None:
    listed.add("night", "ABORTED", run_summary(run={"started": "2026-08-01T02:00:00.000Z"}))
    (run,) = recent_runs(listed.deployment, 10)
    assert (run.status, run.ledger) == ("ABORTED", None)


BROKEN: list[object] = [b"", b"no JSON", b"\xff", [], {}, {"run": {}}, {"run": {"started": 7}}, {"run": None}]
BROKEN += [run_summary(run={"started": "2026-11-21T02:00:00"}), run_summary(run={"started": "yesterday"})]
BROKEN += [{name: value for name, value in run_summary().items() if name != "ledger"}]


@pytest.mark.parametrize("summary", BROKEN)
def test_a_summary_of_another_format_is_none(listed: ListedRuns, summary: object) -> None:
    listed.add("night", "FAILED", summary, error="States.Timeout")
    (run,) = recent_runs(listed.deployment, 10)
    assert (run.error, run.ledger) == ("States.Timeout", None)


def test_a_summary_that_may_not_be_read_is_an_error_and_not_a_run_without_one(listed: ListedRuns) -> None:
    listed.add("night", summary=run_summary())
    listed.s3.refusals[run_summary_key("night")] = refusal("AccessDenied")
    with pytest.raises(ClientError, match="AccessDenied"):
        recent_runs(listed.deployment, 10)


def test_only_the_bucket_of_the_target_account_is_read(listed: ListedRuns) -> None:
    listed.add("night", summary=run_summary())
    listed.s3.owner = "999999999999"
    with pytest.raises(ClientError, match="AccessDenied"):
        recent_runs(listed.deployment, 10)


counts = st.integers(0, 10**9)


@given(
    ledger=st.fixed_dictionaries(dict.fromkeys(LEDGER, counts)),
    seen=st.none() | counts,
    children=counts,
    child_seconds=st.integers(0, 10**9),
    seconds=st.integers(0, 10**6),
    given_key_list=st.booleans(),
    execution_type=st.sampled_from(["EXPRESS", "STANDARD"]),
)
def test_any_summary_gives_an_overview_with_a_cost(
    seconds: int, children: int, child_seconds: int, **numbers: Any
) -> None:
    run = {"seen": numbers["seen"], "execution_type": numbers["execution_type"]}
    processing = {
        "children": children,
        "seconds": child_seconds,
        "started": STARTED.isoformat(),
        "stopped": (STARTED + timedelta(seconds=seconds)).isoformat(),
    }
    with pytest.MonkeyPatch.context() as monkeypatch:
        listed = ListedRuns(monkeypatch)
        summary = run_summary(
            run=run, processing=processing, ledger=numbers["ledger"], given_key_list=numbers["given_key_list"]
        )
        listed.add("night", summary=summary)
        (overview,) = recent_runs(listed.deployment, 1)
    assert overview.ledger == numbers["ledger"]
    assert overview.processed == numbers["ledger"]["succeeded"] + numbers["ledger"]["skipped"]
    assert overview.left == numbers["ledger"]["failed"] + numbers["ledger"]["pending"]
    assert overview.usd is not None
    assert overview.usd > 0
