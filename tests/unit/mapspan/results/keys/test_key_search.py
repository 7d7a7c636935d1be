"""A key is found in a run's files, whatever it is called, with the outcome that they record."""

from __future__ import annotations

import json
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapspan.results.keys.key_outcome import KeyOutcome
from mapspan.results.keys.key_search import KeySearch
from mapspan.results.keys.matching_records import BucketReader, matching_lines, token_of
from mapspan.results.run_definition import RunDefinition
from modules.pipeline.workflow.names import LISTING
from tests.fixtures.batch_failures import batch_failure_cause
from tests.fixtures.batch_records import STARTED, STOPPED
from tests.fixtures.finished_runs import BUCKET, OWNER, RunsBucket, child, failed, finished_run, skipped, succeeded
from tests.fixtures.nasty_keys import NASTY_KEYS

KILLED = "33333333-3333-3333-3333-333333333333"


@pytest.fixture
def bucket() -> RunsBucket:
    bucket = RunsBucket()
    bucket.list_keys(["a/1", "a/2", "a/3", "a/4", "a/5", "a/6", "a/7", *NASTY_KEYS])
    bucket.write("SUCCEEDED", [succeeded("a/1", 5), skipped("a/2"), failed("a/3", "x" * 5_000)])
    batch = [("a/4", "ProcessorFailed", "ValueError: four")]
    fields = {"ExecutionArn": "arn:child", "Status": "FAILED", "RedriveCount": 1, "StartDate": "2026-11-21T02:01:00Z"}
    bucket.write("FAILED", [child(["a/4"], **fields, Error="BatchFailed", Cause=batch_failure_cause(batch))])
    cause = json.dumps({"errorMessage": f"RequestId: {KILLED} Error: Task timed out after 60.00 seconds"})
    bucket.write("FAILED", [child(["a/5"], **fields, Error="Sandbox.Timedout", Cause=cause)])
    bucket.write("PENDING", [child(["a/6"], ExecutionArn="arn:child", Status="PENDING")])
    bucket.write("SUCCEEDED", [succeeded(key) for key in NASTY_KEYS])
    return bucket


def search(bucket: RunsBucket) -> KeySearch:
    run = finished_run()
    return KeySearch(run, bucket.files(run), BucketReader(client=bucket.s3.client, bucket=BUCKET, owner=OWNER))


def outcome(bucket: RunsBucket, key: str) -> KeyOutcome:
    found = search(bucket).outcome(key)
    assert found is not None
    return found


def test_each_outcome_is_found_with_its_whole_cause(bucket: RunsBucket) -> None:
    assert (outcome(bucket, "a/1").outcome, outcome(bucket, "a/1").result) == ("succeeded", {"size": 5})
    assert (outcome(bucket, "a/2").outcome, outcome(bucket, "a/2").cause) == ("skipped", "not a CSV")
    three = outcome(bucket, "a/3")
    assert (three.outcome, three.error, three.request_id) == ("failed", "ProcessorFailed", "request-1")
    assert three.cause == "x" * 5_000
    assert outcome(bucket, "a/6").outcome == "pending"
    assert search(bucket).outcome("a/7") is None
    assert search(bucket).outcome("a") is None, "only whole keys"


def test_a_key_of_a_failed_batch_has_its_child_execution(bucket: RunsBucket) -> None:
    four = outcome(bucket, "a/4")
    assert (four.error, four.cause, four.request_id) == ("ProcessorFailed", "ValueError: four", "id")
    assert four.child is not None
    assert (four.child.arn, four.child.redrives, four.child.keys) == ("arn:child", 1, 1)
    assert outcome(bucket, "a/5").request_id == KILLED, "a function that was killed names its id in the message"


def test_a_key_of_a_batch_that_succeeded_has_its_child_and_its_times(bucket: RunsBucket) -> None:
    child = outcome(bucket, "a/1").child
    assert child is not None
    assert (child.name, child.arn, child.status, child.keys, child.redrives) == ("child-0", None, "SUCCEEDED", 3, None)
    assert (child.started, child.stopped) == (datetime.fromisoformat(STARTED), datetime.fromisoformat(STOPPED))
    run = finished_run(definition=RunDefinition(key_source=LISTING, execution_type="STANDARD"))
    arn = "arn:aws:states:us-east-1:111111111111:execution:mapspan-example/ProcessObjects:child-0"
    assert run.child_arn("child-0") == arn


def test_a_failed_key_is_found_by_its_record_without_the_results_of_other_batches(bucket: RunsBucket) -> None:
    bucket.s3.reads.clear()
    assert outcome(bucket, "a/3").outcome == "failed"
    assert len([key for key in bucket.s3.reads if key.startswith("results/")]) == 1


def test_the_failed_keys_of_whole_batches_come_first(bucket: RunsBucket) -> None:
    assert [one.key for one in search(bucket).failed()] == ["a/4", "a/5", "a/3"]


@pytest.mark.parametrize("key", NASTY_KEYS, ids=ascii)
def test_nasty_keys_are_found(bucket: RunsBucket, key: str) -> None:
    assert outcome(bucket, key).key == key
    listed = search(bucket).listed_at(key)
    assert listed is not None
    assert listed.item == {"Key": key}


def test_the_part_and_the_line_of_a_key_are_found_and_later_parts_not_read(bucket: RunsBucket) -> None:
    listed = search(bucket).listed_at("a/4")
    assert listed is not None
    assert (listed.part, listed.line) == ("key-lists/night/listed/part-000-00002.jsonl", 2)
    assert bucket.s3.reads[-1] == listed.part


@given(st.lists(st.text(max_size=12), max_size=8), st.booleans(), st.integers(1, 40))
def test_no_line_with_the_key_is_missed_however_it_is_escaped(keys: list[str], ascii_: bool, size: int) -> None:
    lines = [json.dumps({"Key": key}, ensure_ascii=ascii_).encode("utf-8", "surrogatepass") for key in keys]
    content = b"\n".join(lines)
    chunks = [content[at : at + size] for at in range(0, len(content), size)]
    for wanted in keys:
        found = list(matching_lines(chunks, token_of(wanted)))
        assert [number for number, line in found if json.loads(line)["Key"] == wanted] == [
            number for number, key in enumerate(keys, start=1) if key == wanted
        ]
