"""The keys that a run left undone become a key list."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from environments.files import load
from lambdas.summarize_run.ledger import Ledger
from mapspan.checkout import CommandError
from mapspan.costs.prices import prices
from mapspan.deployment import Deployment
from mapspan.main import commands
from mapspan.results.finished_run import FinishedRun
from mapspan.results.run_costs import retry_costs
from mapspan.running.remainder import Remainder, write_remainder
from mapspan.running.run_input import check_input
from modules.pipeline.workflow.names import INVENTORY, INVENTORY_STALE, LISTING, KeySourceName
from tests.fixtures.batch_failures import batch_failure_cause
from tests.fixtures.finished_runs import RunsBucket, child, failed, finished_run, map_run, skipped, succeeded

DEPLOYMENT = Deployment(environment=load("local"))
RETRY = {"key_list": {"prefix": "key-lists/night/retry/"}, "retry_of": "night"}


@pytest.fixture
def bucket() -> RunsBucket:
    return RunsBucket(DEPLOYMENT.runs_bucket)


def remainder_and_keys(
    bucket: RunsBucket, run: FinishedRun, monkeypatch: pytest.MonkeyPatch, errors: Sequence[str] = ()
) -> tuple[Remainder, list[str]]:
    """The remainder, and the keys of its list."""
    monkeypatch.setattr(Deployment, "s3", lambda _: bucket.s3.client)
    remainder = write_remainder(DEPLOYMENT, run, errors)
    prefix = remainder.run_input.get("key_list", {}).get("prefix", "key-lists/night/retry/")
    return remainder, [line["Key"] for line in lines(bucket, prefix)]


def lines(bucket: RunsBucket, prefix: str) -> list[dict[str, str]]:
    parts = bucket.s3.below(DEPLOYMENT.runs_bucket, prefix).values()
    return [json.loads(line) for part in parts for line in part.split(b"\n") if line]


def test_a_stopped_run_leaves_the_failed_keys_and_the_keys_never_tried(
    bucket: RunsBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.list_keys(list("abcdef"))
    bucket.write("SUCCEEDED", [succeeded("a"), failed("b")])
    bucket.write("FAILED", [child(["c"], Status="ABORTED")])
    run = finished_run(status="ABORTED")
    remainder, keys = remainder_and_keys(bucket, run, monkeypatch)
    own_list = {"key_list": {"prefix": run.retry_list_of(())}}
    assert (remainder.keys, remainder.run_input) == (5, {**RETRY, **own_list})
    assert (remainder.errors, remainder.usd is None) == ({"Pending": 3, "ABORTED": 1, "ProcessorFailed": 1}, False)
    assert remainder.reason == "5 of 6 keys to retry: 2 failed and 3 never tried"
    assert sorted(keys) == list("bcdef")


def test_the_retry_list_of_a_run_that_succeeded_is_not_written_again(
    bucket: RunsBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.list_keys(["b"], prefix="key-lists/night/retry/")
    output = {
        "ledger": {"listed": 9, "succeeded": 8, "skipped": 0, "failed": 1, "pending": 0},
        "retry": {"prefix": "key-lists/night/retry/", "keys": 1},
    }
    remainder, keys = remainder_and_keys(bucket, finished_run(output=output), monkeypatch)
    assert (remainder.keys, remainder.run_input, keys) == (1, RETRY, ["b"])
    assert bucket.s3.reads == [], "a list of millions is not written twice"


def test_a_run_without_failures_leaves_nothing(bucket: RunsBucket, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket.list_keys(["a", "b"])
    bucket.write("SUCCEEDED", [succeeded("a"), succeeded("b")])
    remainder, keys = remainder_and_keys(bucket, finished_run(status="FAILED"), monkeypatch)
    assert (remainder.keys, keys) == (0, [])
    assert remainder.reason == "nothing to retry: all 2 keys succeeded"


def test_skipped_keys_are_not_retried(bucket: RunsBucket, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket.list_keys(["a", "b"])
    bucket.write("SUCCEEDED", [succeeded("a"), skipped("b")])
    remainder, keys = remainder_and_keys(bucket, finished_run(status="FAILED"), monkeypatch)
    assert (remainder.keys, keys) == (0, [])
    assert remainder.reason == "nothing to retry: all 2 keys succeeded or were skipped"


def test_a_run_whose_listing_did_not_finish_is_started_again_whole(
    bucket: RunsBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A retry of the listed keys would lose the keys that were not listed yet."""
    bucket.list_keys(["a"])
    run = finished_run(status="FAILED", map_run=None, run_input={"prefix": "2026/"})
    remainder, keys = remainder_and_keys(bucket, run, monkeypatch)
    assert (remainder.keys, remainder.run_input, keys) == (None, {"prefix": "2026/"}, [])


def test_keys_that_no_list_names_are_retried_with_the_whole_run(
    bucket: RunsBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = finished_run(INVENTORY, status="ABORTED", map_run=map_run(items=7), run_input={"max_keys": 7})
    remainder, keys = remainder_and_keys(bucket, run, monkeypatch)
    assert (remainder.keys, remainder.run_input, keys) == (None, {"max_keys": 7}, [])


def test_a_run_that_ended_before_it_had_read_a_key_is_started_again_whole(
    bucket: RunsBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = finished_run(INVENTORY, status="FAILED", map_run=None, error=INVENTORY_STALE)
    remainder, _ = remainder_and_keys(bucket, run, monkeypatch)
    assert remainder.reason.startswith("it ended before it had read any key, so the whole run is started again")


@pytest.mark.parametrize(
    ("key_source", "words"),
    [
        (LISTING, "the Map Run of night had not read 2 of the 4 listed keys when it ended"),
        (INVENTORY, "the Map Run of night may have ended before it had read every key"),
    ],
)
def test_a_run_with_unread_keys_is_redriven_and_not_retried(
    bucket: RunsBucket, monkeypatch: pytest.MonkeyPatch, key_source: KeySourceName, words: str
) -> None:
    run = _failed_while_reading(bucket, key_source, redrivable=True)
    with pytest.raises(CommandError) as refused:
        remainder_and_keys(bucket, run, monkeypatch)
    assert words in str(refused.value)
    assert "`mapspan redrive local night` continues it" in str(refused.value)


def test_unread_keys_of_a_key_list_are_retried_once_aws_redrives_the_run_no_more(
    bucket: RunsBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = _failed_while_reading(bucket, LISTING, redrivable=False)
    remainder, keys = remainder_and_keys(bucket, run, monkeypatch)
    assert (remainder.keys, sorted(keys)) == (3, ["b", "c", "d"])


def test_an_inventory_run_that_may_have_unread_keys_is_started_again_whole_once_it_cannot_be_redriven(
    bucket: RunsBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = _failed_while_reading(bucket, INVENTORY, redrivable=False)
    remainder, _ = remainder_and_keys(bucket, run, monkeypatch)
    assert (remainder.keys, remainder.run_input) == (None, {})
    assert "it can't be redriven, so the whole run is started again" in remainder.reason


@pytest.mark.parametrize("redrivable", [True, False])
def test_a_run_whose_shards_ended_before_the_listing_is_redriven_or_started_again(
    bucket: RunsBucket, monkeypatch: pytest.MonkeyPatch, *, redrivable: bool
) -> None:
    bucket.list_keys(["a"])
    bucket.write("SUCCEEDED", [succeeded("a")])
    shards = map_run(status="FAILED", items=1, arns=("arn:aws:states:us-east-1:1:mapRun:mapspan/ProcessShard:uuid",))
    run = finished_run(status="FAILED", redrivable=redrivable, map_run=shards)
    if redrivable:
        with pytest.raises(CommandError, match=r"ended before the listing did: .*`mapspan redrive local night`"):
            remainder_and_keys(bucket, run, monkeypatch)
        return
    remainder, _ = remainder_and_keys(bucket, run, monkeypatch)
    assert (remainder.keys, remainder.run_input) == (None, {})
    assert "ended before the listing did: the bucket may have more keys" in remainder.reason


def _failed_while_reading(bucket: RunsBucket, key_source: KeySourceName, *, redrivable: bool) -> FinishedRun:
    """Of four keys two were read: one succeeded and one failed."""
    if key_source == LISTING:
        bucket.list_keys(list("abcd"))
    bucket.write("SUCCEEDED", [succeeded("a"), failed("b")])
    return finished_run(key_source, status="FAILED", redrivable=redrivable, map_run=map_run(status="FAILED", items=2))


def _mixed(bucket: RunsBucket) -> FinishedRun:
    """Twelve keys that ended in all ways: alone, with a batch that failed whole, pending in a record or in none."""
    bucket.list_keys(list("abcdefghijkl"))
    alone = [failed("b", error="Throttled"), failed("c"), {"Key": "d", "Outcome": "Pending", "Cause": "no time"}]
    bucket.write("SUCCEEDED", [succeeded("a"), *alone, skipped("e")])
    throttled = batch_failure_cause([("f", "Throttled", "503"), ("g", "Throttled", "503")])
    mixed = batch_failure_cause([("h", "Throttled", "503"), ("i", "AccessDenied", "no")])
    bucket.write(
        "FAILED",
        [
            child(["f", "g"], Error="BatchFailed", Cause=throttled),
            child(["h", "i"], Error="BatchFailed", Cause=mixed),
            child(["j"], Status="TIMED_OUT"),
        ],
    )
    bucket.write("PENDING", [child(["k"])])
    return finished_run(status="ABORTED", map_run=map_run(status="ABORTED", items=12))


@pytest.mark.parametrize(
    ("errors", "counts", "keys"),
    [
        (["Throttled"], {"Throttled": 4}, "bfgh"),
        (["ProcessorFailed"], {"ProcessorFailed": 1}, "c"),
        (["Pending"], {"Pending": 3}, "dkl"),
        (["TIMED_OUT", "Throttled"], {"Throttled": 4, "TIMED_OUT": 1}, "bfghj"),
        (["AccessDenied", "Pending"], {"Pending": 3, "AccessDenied": 1}, "dikl"),
    ],
)
def test_a_limited_retry_takes_only_the_keys_with_these_errors_into_a_list_of_its_own(
    bucket: RunsBucket, monkeypatch: pytest.MonkeyPatch, errors: list[str], counts: dict[str, int], keys: str
) -> None:
    run = _mixed(bucket)
    bucket.list_keys(["whole"], prefix="key-lists/night/retry/")
    remainder, written = remainder_and_keys(bucket, run, monkeypatch, errors)
    assert sorted(written) == list(keys)
    assert (remainder.keys, remainder.errors) == (len(keys), counts)
    assert list(remainder.errors) == list(counts), "the most frequent first"
    assert remainder.reason == f"{len(keys)} of 12 keys to retry: only those with {', '.join(errors)}"
    assert remainder.run_input["retry_of"] == "night"
    assert remainder.run_input["retry_errors"] == errors
    assert remainder.run_input["key_list"]["prefix"].startswith("key-lists/night/retry-")
    check_input(DEPLOYMENT.environment, remainder.run_input)
    assert lines(bucket, "key-lists/night/retry/") == [{"Key": "whole"}], "the list of all keys stays whole"


def test_each_choice_of_errors_and_each_end_of_a_run_has_a_list_of_its_own() -> None:
    run = finished_run()
    redriven = finished_run(stopped=run.stopped + timedelta(seconds=1))
    unfinished = finished_run(map_run=map_run(status="RUNNING"))
    lists = {
        run.retry_list_of(["a"]),
        run.retry_list_of(["b"]),
        run.retry_list_of(["a", "b"]),
        run.retry_list_of(["a,b"]),
        run.retry_list_of([]),
        redriven.retry_list_of(["a"]),
        unfinished.retry_list_of(["a"]),
        run.retry_list,
    }
    assert len(lists) == 8
    assert run.retry_list_of(["b", "a", "b"]) == run.retry_list_of(["a", "b"])


def test_a_limited_retry_is_refused_with_the_errors_that_there_are(
    bucket: RunsBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = _mixed(bucket)
    for errors in (["throttled"], ["Throttled", "throttled"]):
        with pytest.raises(CommandError) as refused:
            remainder_and_keys(bucket, run, monkeypatch, errors)
        assert str(refused.value) == (
            "--error throttled: no key of night has this error: write one of"
            " Throttled 4, Pending 3, AccessDenied 1, ProcessorFailed 1, TIMED_OUT 1"
        )


def test_an_error_from_outside_is_shown_and_not_obeyed(bucket: RunsBucket, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket.list_keys(["a"])
    bucket.write("SUCCEEDED", [failed("a", error="\x1b[31m\nspoof")])
    with pytest.raises(CommandError) as refused:
        remainder_and_keys(bucket, finished_run(), monkeypatch, ["x\x1b"])
    assert str(refused.value) == "--error x␛: no key of night has this error: write one of ␛[31m␊spoof 1"
    remainder, keys = remainder_and_keys(bucket, finished_run(), monkeypatch, ["\x1b[31m\nspoof"])
    assert keys == ["a"]
    assert remainder.reason == "1 of 1 keys to retry: only those with ␛[31m␊spoof"


def test_a_limited_retry_of_a_run_without_failures_says_that_nothing_is_left(
    bucket: RunsBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.list_keys(["a"])
    bucket.write("SUCCEEDED", [succeeded("a")])
    with pytest.raises(CommandError, match="has this error, and none is left to retry"):
        remainder_and_keys(bucket, finished_run(), monkeypatch, ["Throttled"])


def test_a_limited_retry_is_refused_where_the_whole_run_would_be_started_again(
    bucket: RunsBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlisted = finished_run(status="FAILED", map_run=None)
    with pytest.raises(CommandError, match="its listing did not finish and no key was tried; leave --error out"):
        remainder_and_keys(bucket, unlisted, monkeypatch, ["Throttled"])
    bucket.write("SUCCEEDED", [succeeded("a"), failed("b")])
    run = finished_run(INVENTORY, status="FAILED", map_run=map_run(status="FAILED", items=3))
    with pytest.raises(CommandError, match="no key list names the keys that night did not try"):
        remainder_and_keys(bucket, run, monkeypatch, ["Pending"])
    assert remainder_and_keys(bucket, run, monkeypatch, ["ProcessorFailed"])[1] == ["b"]


def test_a_limited_retry_of_a_run_with_unread_keys_is_refused_while_a_redrive_reads_them(
    bucket: RunsBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = _failed_while_reading(bucket, LISTING, redrivable=True)
    with pytest.raises(CommandError, match="`mapspan redrive local night` continues it"):
        remainder_and_keys(bucket, run, monkeypatch, ["ProcessorFailed"])


def test_a_limited_list_keeps_what_resolves_an_ambiguous_inventory_key(
    bucket: RunsBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    ambiguous = {"InventoryKey": "a+b", "ETag": "e"}
    bucket.write("SUCCEEDED", [{**failed("a b"), **ambiguous}, failed("c", error="Throttled")])
    run = finished_run(INVENTORY, map_run=map_run(items=2))
    remainder, _ = remainder_and_keys(bucket, run, monkeypatch, ["ProcessorFailed"])
    assert lines(bucket, remainder.run_input["key_list"]["prefix"]) == [{"Key": "a b", **ambiguous}]


def test_a_run_that_was_started_under_another_name_is_retried_without_a_link(
    bucket: RunsBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AWS allows more characters in a name than the input's rules."""
    bucket.list_keys(["a"], prefix="key-lists/night.1/listed/")
    bucket.write("SUCCEEDED", [])
    run = finished_run(name="night.1", status="FAILED")
    remainder, _ = remainder_and_keys(bucket, run, monkeypatch)
    assert remainder.run_input == {"key_list": {"prefix": run.retry_list_of(())}}
    check_input(DEPLOYMENT.environment, remainder.run_input)


def test_the_cost_of_a_retry_follows_from_the_times_of_the_run(
    bucket: RunsBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By hand: 10 functions ran for 100 s, and tried 10 keys; a key takes 100 s of a function."""
    run = finished_run(status="FAILED", map_run=map_run(children=10, items=10))
    bucket.list_keys([str(number) for number in range(10)])
    bucket.write(
        "SUCCEEDED", [*(failed(str(number)) for number in range(4)), *(succeeded(str(n)) for n in range(4, 10))]
    )
    remainder, _ = remainder_and_keys(bucket, run, monkeypatch)
    memory_gb = DEPLOYMENT.environment.job.memory_mb / 1024
    costs = {cost.name: cost for cost in retry_costs(DEPLOYMENT.environment, run, _ledger(10, failed=4), keys=4) or ()}
    assert remainder.usd == pytest.approx(sum(cost.usd for cost in costs.values()))
    processing = costs["Lambda: processing"]
    assert processing.usd == pytest.approx(400 * memory_gb * prices().lambda_gb_second + prices().lambda_request)
    assert costs["S3: reading"].quantity == "4 GET requests"
    assert costs["S3: listing"].usd == 0


def test_a_cost_without_the_sizes_says_that_the_transfer_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the results have sizes, and a run that succeeded is retried without reading them."""
    far = DEPLOYMENT.environment.model_copy(
        update={"source": DEPLOYMENT.environment.source.model_copy(update={"region": "eu-west-1"})}
    )
    assert far.source_region != far.region
    output = {"ledger": _ledger(9, failed=1), "retry": {"prefix": "key-lists/night/retry/", "keys": 1}}
    output["failures"] = {"Throttled": 1}
    monkeypatch.setattr("mapspan.deployment.find_deployment", lambda _: Deployment(environment=far))
    monkeypatch.setattr("mapspan.results.finished_run.find_run", lambda *_: finished_run(output=output))
    answered = CliRunner().invoke(commands, ["retry", "local", "night"], input="n\n")
    assert answered.output.splitlines()[0] == "night: 1 of 9 keys to retry: 1 failed"
    assert answered.output.splitlines()[1] == "  errors    Throttled 1"
    assert " without the transfer between Regions, if each key takes as long as in night" in answered.output


def _ledger(listed: int, *, failed: int = 0, pending: int = 0) -> Ledger:
    succeeded = listed - failed - pending
    return {"listed": listed, "succeeded": succeeded, "skipped": 0, "failed": failed, "pending": pending}


def test_the_cost_of_a_retry_is_unknown_if_the_run_tried_no_key(
    bucket: RunsBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.list_keys(["a", "b"])
    remainder, _ = remainder_and_keys(bucket, finished_run(status="ABORTED"), monkeypatch)
    assert (remainder.keys, remainder.usd, remainder.errors) == (2, None, {"Pending": 2})


def test_retry_shows_what_it_will_process_and_its_cost_before_it_asks(
    bucket: RunsBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = _mixed(bucket)
    monkeypatch.setattr("mapspan.deployment.find_deployment", lambda _: DEPLOYMENT)
    monkeypatch.setattr("mapspan.results.finished_run.find_run", lambda *_: run)
    monkeypatch.setattr(Deployment, "s3", lambda _: bucket.s3.client)
    words = ["retry", "local", "night", "--error", "Throttled", "--error", "TIMED_OUT", "--error", "Throttled"]
    answered = CliRunner().invoke(commands, words, input="n\n")
    first, errors, cost, question = answered.output.splitlines()[:4]
    assert first == "night: 5 of 12 keys to retry: only those with Throttled, TIMED_OUT"
    assert errors == "  errors    Throttled 4, TIMED_OUT 1"
    assert cost.startswith("  cost      at most $")
    assert question.startswith("Start a new execution?")
    assert str(answered.exception) == "nothing was started"
