"""The ledger per key, however the run ended, and each key to retry once."""

from __future__ import annotations

import json
import tracemalloc

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from lambdas.summarize_run import records
from lambdas.summarize_run.records import BrokenRecord
from mapspan.results import key_difference
from mapspan.results.failure_causes import EXAMPLES, MAX_CAUSES, OTHER, FailureCauses
from mapspan.results.key_difference import missing
from mapspan.results.run_results import ResultFiles
from modules.pipeline.workflow.names import INVENTORY
from tests.fixtures.batch_failures import batch_failure_cause
from tests.fixtures.batch_records import written_batch, written_batches
from tests.fixtures.fake_s3 import refusal
from tests.fixtures.finished_runs import (
    BUCKET,
    OWNER,
    RunsBucket,
    child,
    failed,
    finished_run,
    map_run,
    skipped,
    succeeded,
)
from tests.fixtures.nasty_keys import NASTY_KEYS, keys


@pytest.fixture
def bucket() -> RunsBucket:
    return RunsBucket()


def test_every_kind_of_record_is_counted_once(bucket: RunsBucket) -> None:
    bucket.list_keys(list("abcdefghi"))
    bucket.write(
        "SUCCEEDED", [succeeded("a"), failed("b"), skipped("i"), {"Key": "c", "Outcome": "Pending", "Cause": "late"}]
    )
    bucket.write("FAILED", [child(["d", "e"], Error="BatchFailed", Cause="all"), child(["f"], Status="ABORTED")])
    bucket.write("PENDING", [child(["g", "h"])])
    results, keys_to_retry = bucket.read(finished_run())
    assert results.ledger == {"listed": 9, "succeeded": 1, "skipped": 1, "failed": 4, "pending": 3}
    assert results.skips == {"not a CSV": 1}
    assert results.failures == {"BatchFailed": 2, "ABORTED": 1, "ProcessorFailed": 1}
    assert keys_to_retry == list("bcdefgh")
    assert results.unrecorded == 0


def test_only_files_that_the_manifest_names_count(bucket: RunsBucket) -> None:
    """After a redrive it names the SUCCEEDED files of all attempts; the FAILED files of the first one stay there."""
    bucket.list_keys(["a", "b"])
    bucket.leave("map-runs/night/uuid/FAILED_7.jsonl", [child(["b"], Error="BatchFailed")])
    bucket.leave("map-runs/night/another-uuid/SUCCEEDED_0.jsonl", [written_batch([succeeded("a")], bucket.s3)])
    written_batch([failed("a")], bucket.s3)  # of an attempt that timed out
    bucket.write("SUCCEEDED", [succeeded("a")])
    bucket.write("SUCCEEDED", [succeeded("b")])
    results, keys_to_retry = bucket.read(finished_run())
    assert results.ledger == {"listed": 2, "succeeded": 2, "skipped": 0, "failed": 0, "pending": 0}
    assert keys_to_retry == []


def test_keys_in_no_result_file_are_pending(bucket: RunsBucket) -> None:
    bucket.list_keys(NASTY_KEYS)
    bucket.write("SUCCEEDED", [succeeded(NASTY_KEYS[0])])
    bucket.write("FAILED", [child(NASTY_KEYS[1:3], Status="ABORTED")])
    results, keys_to_retry = bucket.read(finished_run(status="ABORTED"))
    assert results.unrecorded == len(NASTY_KEYS) - 3
    assert results.ledger["pending"] == len(NASTY_KEYS) - 3
    assert results.adds_up
    assert sorted(keys_to_retry) == sorted(NASTY_KEYS[1:])


def test_a_map_run_that_wrote_nothing_leaves_every_key_pending(bucket: RunsBucket) -> None:
    bucket.list_keys(list("abc"))
    results, keys_to_retry = bucket.read(finished_run(status="ABORTED"))
    assert not results.written
    assert results.ledger == {"listed": 3, "succeeded": 0, "skipped": 0, "failed": 0, "pending": 3}
    assert keys_to_retry == list("abc")


def test_a_test_manifest_is_no_result_and_leaves_every_key_pending(bucket: RunsBucket) -> None:
    """AWS writes one before any child starts, and a Map Run that is cut off writes nothing more."""
    bucket.list_keys(list("abc"))
    for content in (b'{"ResultFiles": {"FAILED": [], "PENDING": [], "SUCCEEDED": []}}', b"{}"):
        bucket.s3.objects["runs", "map-runs/night/uuid/manifest.json"] = content
        results, keys_to_retry = bucket.read(finished_run(status="ABORTED", map_run=map_run(status="ABORTED", items=3)))
        assert not results.written
        assert results.ledger == {"listed": 3, "succeeded": 0, "skipped": 0, "failed": 0, "pending": 3}
        assert keys_to_retry == list("abc")


def test_keys_that_the_map_run_had_not_read_are_pending(bucket: RunsBucket) -> None:
    bucket.list_keys(list("abcdef"))
    bucket.write("SUCCEEDED", [succeeded("a")])
    bucket.write("FAILED", [child(["b"], Error="BatchFailed")])
    bucket.write("PENDING", [child(["c"])])
    results, keys_to_retry = bucket.read(finished_run(status="FAILED", map_run=map_run(status="FAILED", items=3)))
    assert results.ledger == {"listed": 6, "succeeded": 1, "skipped": 0, "failed": 1, "pending": 4}
    assert (results.unread, results.unrecorded) == (3, 3)
    assert sorted(keys_to_retry) == list("bcdef")


def test_without_a_key_list_nobody_knows_how_many_keys_a_failed_map_run_had_not_read(bucket: RunsBucket) -> None:
    bucket.write("SUCCEEDED", [succeeded("a")])
    bucket.write("PENDING", [child(["b"])])
    results, _ = bucket.read(finished_run(INVENTORY, status="FAILED", map_run=map_run(status="FAILED", items=2)))
    assert results.ledger == {"listed": 2, "succeeded": 1, "skipped": 0, "failed": 0, "pending": 1}
    assert (results.adds_up, results.unread) == (True, None)


def test_results_that_cannot_be_read_are_an_error(bucket: RunsBucket) -> None:
    bucket.s3.refusals["map-runs/night/uuid/manifest.json"] = refusal("AccessDenied")
    with pytest.raises(ClientError, match="AccessDenied"):
        bucket.read(finished_run())
    bucket.s3.refusals.clear()
    bucket.write("SUCCEEDED", [succeeded("a")])
    bucket.s3.objects["runs", "map-runs/night/uuid/SUCCEEDED_0.jsonl"] += b'{"Key": "b", "Outc'
    with pytest.raises(BrokenRecord):
        bucket.read(finished_run())


def test_more_results_than_keys_do_not_add_up_and_unrecorded_keys_are_retried(bucket: RunsBucket) -> None:
    bucket.list_keys(["a", "b"])
    bucket.write("SUCCEEDED", [succeeded("a"), succeeded("a"), succeeded("a")])
    results, keys_to_retry = bucket.read(finished_run())
    assert not results.adds_up
    assert keys_to_retry == ["b"]


def test_a_given_key_list_is_the_one_that_is_counted(bucket: RunsBucket) -> None:
    bucket.list_keys(["a", "b", "c"])
    bucket.list_keys(["b"], prefix="key-lists/evening/retry/")
    bucket.list_keys(["x"], prefix="key-lists/evening/retry2/")
    bucket.write("SUCCEEDED", [succeeded("b")])
    results, _ = bucket.read(finished_run(run_input={"key_list": {"prefix": "key-lists/evening/retry"}}))
    assert results.ledger == {"listed": 1, "succeeded": 1, "skipped": 0, "failed": 0, "pending": 0}


def test_a_failed_batch_has_the_errors_of_its_keys(bucket: RunsBucket) -> None:
    bucket.list_keys(["a", "b", "c"])
    cause = batch_failure_cause(
        [("b", "AccessDenied", "no"), ("a", "AccessDenied", "not"), ("c", "ObjectNotFound", "gone")]
    )
    bucket.write("FAILED", [child(["a", "b", "c"], Error="BatchFailed", Cause=cause)])
    results, _ = bucket.read(finished_run())
    causes = [(cause.error, cause.keys, cause.words, cause.examples[0].key) for cause in results.causes.by_keys()]
    assert causes == [("AccessDenied", 2, "no", "b"), ("ObjectNotFound", 1, "gone", "c")]


def test_sizes_are_counted_if_results_have_them(bucket: RunsBucket) -> None:
    bucket.list_keys(list("abc"))
    bucket.write("SUCCEEDED", [succeeded("a", 0), succeeded("b", 1_000), {**succeeded("c"), "Result": {"n": 1}}])
    results, _ = bucket.read(finished_run())
    assert (results.sizes, results.size_bytes) == ({0: 1, 10: 1}, 1_000)


@given(st.sets(keys, max_size=12), st.sets(keys, max_size=12), st.integers(1, 4))
def test_the_difference_of_two_streams_of_keys(some: set[str], others: set[str], partitions: int) -> None:
    count = (partitions - 1) * key_difference.KEYS_IN_MEMORY
    difference = list(missing(iter(some | others), iter(others), count=count))
    assert sorted(difference) == sorted(some - others)


def test_the_difference_holds_few_keys_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_difference, "KEYS_IN_MEMORY", 2_000)
    tracemalloc.start()
    listed = (f"2026/11/21/orders-{number:09}.csv" for number in range(40_000))
    recorded = (f"2026/11/21/orders-{number:09}.csv" for number in range(0, 40_000, 2))
    keys = sum(1 for _ in missing(listed, recorded, count=40_000))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert keys == 20_000
    # As one set the recorded keys would be some 3 MB.
    assert peak < 700_000


@pytest.mark.parametrize("batch_keys", [20, 100_000])
def test_reading_takes_no_more_memory_for_more_keys(monkeypatch: pytest.MonkeyPatch, batch_keys: int) -> None:
    monkeypatch.setattr(records, "CHUNK_BYTES", 10_000)

    def peak(count: int) -> int:
        bucket = RunsBucket()
        names = [f"k/{number:06}" for number in range(count)]
        bucket.leave("key-lists/night/listed/part-000-00000.jsonl", [{"Key": name} for name in names])
        # The record of one large batch would have more keys to retry with each key that fails.
        fails = "7" if batch_keys < 100 else "77777"
        outcomes = [failed(name) if name.endswith(fails) else succeeded(name) for name in names]
        bucket.forget_calls()
        bucket.write_records("SUCCEEDED", written_batches(outcomes, bucket.s3, keys=batch_keys))
        tracemalloc.start()
        results = ResultFiles(bucket.s3.client, finished_run(), bucket=BUCKET, owner=OWNER).read()
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert results.ledger["listed"] == count
        return most

    # Threads read a few batches ahead, more or fewer of them. 6,000 outcomes in memory would be 4 MB.
    assert peak(8_000) < peak(2_000) + 400_000


def test_similar_causes_are_one_cause_with_a_few_examples() -> None:
    causes = FailureCauses()
    for number in range(50):
        causes.add(
            error="ProcessorFailed", cause=f"ValueError: k/{number}.csv has {number} columns", key=f"k/{number}.csv"
        )
    causes.add(error="AccessDenied", cause="GetObject: Access Denied", key="x")
    causes.add(error="ProcessorFailed", cause="'utf-8' codec can't decode byte 0x78 in position 0", key="y")
    first, second, third = causes.by_keys()
    assert third.words == "'utf-8' codec can't decode byte # in position #"
    assert (first.keys, first.words) == (50, "ValueError: … has # columns")
    assert [example.key for example in first.examples] == ["k/0.csv", "k/1.csv", "k/2.csv"][:EXAMPLES]
    assert (second.error, second.keys) == ("AccessDenied", 1)


def test_the_number_of_causes_is_limited() -> None:
    causes = FailureCauses()
    for number in range(1_000):
        causes.add(error=f"Error{chr(97 + number % 26)}{chr(97 + number // 26)}", cause="", key="k")
    kinds = causes.by_keys()
    assert len(kinds) == MAX_CAUSES + 1
    assert kinds[0].error == OTHER
    assert sum(cause.keys for cause in kinds) == 1_000


def test_the_listing_is_finished_if_there_is_a_map_run() -> None:
    assert finished_run(map_run=map_run()).listing_finished
    assert not finished_run(map_run=None, status="FAILED").listing_finished
    assert finished_run(map_run=None, status="SUCCEEDED").listing_finished, "an empty prefix is a finished listing"


def test_without_a_key_list_the_keys_that_the_map_run_read_count_as_listed(bucket: RunsBucket) -> None:
    bucket.write("SUCCEEDED", [succeeded("a"), failed("b")])
    bucket.write("FAILED", [child(["c"], Error="Boom", Cause="")])
    results, keys_to_retry = bucket.read(finished_run(INVENTORY, map_run=map_run(items=3)))
    assert results.ledger == {"listed": 3, "succeeded": 1, "skipped": 0, "failed": 2, "pending": 0}
    assert keys_to_retry == ["b", "c"]
    assert results.nameless == 0


def test_without_a_key_list_and_results_no_key_has_a_name(bucket: RunsBucket) -> None:
    results, keys_to_retry = bucket.read(finished_run(INVENTORY, status="ABORTED", map_run=map_run(items=7)))
    assert results.ledger == {"listed": 7, "succeeded": 0, "skipped": 0, "failed": 0, "pending": 7}
    assert (results.nameless, keys_to_retry) == (7, [])


def test_a_failed_batch_of_an_inventory_has_decoded_keys(bucket: RunsBucket) -> None:
    batch = {"BatchInput": {"keys_from": "inventory"}, "Items": [{"Key": "a%20b", "ETag": "e"}, {"Key": "plain"}]}
    bucket.write("FAILED", [{"Input": json.dumps(batch), "Error": "Boom", "Cause": ""}])
    results, keys_to_retry = bucket.read(finished_run(INVENTORY, map_run=map_run(items=2)))
    assert keys_to_retry == ["a b", "plain"]
    assert results.ledger["failed"] == 2
