"""A batch writes its own results, of any size, and returns a record that fits into a task's result."""

from __future__ import annotations

import gzip
import json
import random
import time
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import EndpointConnectionError
from hypothesis import given, settings
from hypothesis import strategies as st

from lambdas.job import Skip
from lambdas.job.bucket import Bucket
from lambdas.process_objects.batch import Batch
from lambdas.process_objects.batch_failure import BatchFailed
from lambdas.process_objects.batch_results import MAX_RECORD_BYTES, BatchResults
from lambdas.process_objects.outcome import failed, json_bytes
from lambdas.process_objects.results_object import ResultsNotWritten, ResultsRefused
from lambdas.shared.name_counts import MAX_NAMES
from lambdas.summarize_run.checked_record import checked_outcomes, checked_record
from modules.asl.quotas import MAX_PAYLOAD_BYTES
from tests.fixtures.batches import CHILD, REQUEST_ID, RUNS_OWNER, invocation_of, run_batch, written_outcomes
from tests.fixtures.fake_s3 import FakeS3, refusal
from tests.fixtures.nasty_keys import NASTY_KEYS, keys

if TYPE_CHECKING:
    from collections.abc import Callable

    from lambdas.job import SourceObject
    from lambdas.process_objects.job_call import Process
    from lambdas.shared.batch_record import BatchRecord

RESULTS_KEY = f"results/run-1/{CHILD}.{REQUEST_ID}.jsonl.gz"


@pytest.fixture
def runs() -> FakeS3:
    return FakeS3(owner=RUNS_OWNER)


def run(items: list[str], process: Process, runs: FakeS3, *, seconds_left: Callable[[], float] = lambda: 60.0) -> Any:
    s3 = FakeS3(dict.fromkeys(items, b"x"), bucket="source")
    source = Bucket(s3.client, "source", s3.owner)
    return run_batch(
        items, source=source, process=process, threads=4, invocation=invocation_of(seconds_left), runs=runs
    ).record


def one_of_each(obj: SourceObject) -> dict[str, Any]:
    if obj.key == "skipped":
        raise Skip("not a CSV")
    if obj.key == "bad":
        raise ValueError("no price")
    return {"size": 1}


def test_the_record_counts_the_outcomes_and_names_the_results(runs: FakeS3) -> None:
    record = run(["good", "skipped", "bad", "fine"], one_of_each, runs)
    example = {"Key": "bad", "Cause": "ValueError: no price"}
    assert {name: value for name, value in record.items() if name not in ("Started", "Stopped")} == {
        "Keys": 4,
        "Succeeded": 2,
        "Skipped": 1,
        "Failed": 1,
        "Pending": 0,
        "Failures": [{"Error": "ProcessorFailed", "Keys": 1, "Example": example}],
        "Skips": {"not a CSV": 1},
        "Retry": [{"Key": "bad"}],
        "Results": {"Key": RESULTS_KEY, "VersionId": "version-0"},
        "Child": CHILD,
    }
    assert "2026-01-01T00:00:00.000Z" < record["Started"] <= record["Stopped"]
    assert len(record["Started"]) == len("2026-01-01T00:00:00.000Z")
    checked_record(record)
    outcomes: Any = written_outcomes(runs, record)
    assert len(list(checked_outcomes(outcomes, record))) == 4


def test_the_results_are_one_gzip_file_with_a_line_of_ascii_for_each_key(runs: FakeS3) -> None:
    run(NASTY_KEYS, lambda obj: {"key": obj.key, "separator": "\u2028"}, runs)
    (request,) = runs.calls
    body = request.pop("Body")
    assert request == {
        "Bucket": "runs",
        "Key": RESULTS_KEY,
        "ContentType": "application/gzip",
        "ExpectedBucketOwner": RUNS_OWNER,
    }
    lines = gzip.decompress(body).decode("ascii").split("\n")
    assert lines.pop() == ""
    assert sorted(json.loads(line)["Result"]["key"] for line in lines) == sorted(NASTY_KEYS)


def test_results_of_five_megabytes_arrive_whole(runs: FakeS3) -> None:
    texts = {f"{number}": random.Random(number).randbytes(25_000).hex() for number in range(100)}  # noqa: S311 # no secret
    record = run(list(texts), lambda obj: {"text": texts[obj.key]}, runs)
    written = {outcome["Key"]: outcome["Result"]["text"] for outcome in written_outcomes(runs, record)}  # type: ignore[typeddict-item] # all succeeded
    assert written == texts
    assert sum(map(len, texts.values())) == 5_000_000
    assert (record["Keys"], record["Succeeded"]) == (100, 100)
    assert json_bytes(record) < 1_000


def test_each_attempt_writes_an_object_of_its_own(runs: FakeS3) -> None:
    s3 = FakeS3({"a": b"x"}, bucket="source")
    for request_id in ("1", "2"):
        run_batch(
            ["a"],
            source=Bucket(s3.client, "source", s3.owner),
            process=lambda _: None,
            invocation=invocation_of(request_id=request_id),
            runs=runs,
        )
    assert len(runs.below("runs", "results/run-1/")) == 2


@pytest.mark.parametrize(
    ("error", "raised", "words"),
    [
        (refusal("AccessDenied", "no"), ResultsRefused, "AccessDenied: no"),
        (refusal("NoSuchBucket", "gone"), ResultsRefused, "NoSuchBucket: gone"),
        (refusal("KMS.DisabledException", "off"), ResultsRefused, "KMS.DisabledException: off"),
        (refusal("SlowDown", "slower"), ResultsNotWritten, "SlowDown: slower"),
        (refusal("503"), ResultsNotWritten, "503"),
        (
            EndpointConnectionError(endpoint_url="https://s3"),
            ResultsNotWritten,
            "EndpointConnectionError: .*https://s3",
        ),
    ],
)
def test_a_batch_whose_results_cannot_be_written_fails_and_says_why(
    runs: FakeS3, error: Exception, raised: type[Exception], words: str
) -> None:
    runs.refused_puts = error
    with pytest.raises(raised, match=words) as failure:
        run(["a"], lambda _: None, runs)
    assert f"s3://runs/{RESULTS_KEY}" in str(failure.value)


def test_a_bucket_of_another_account_gets_no_results() -> None:
    elsewhere = FakeS3(owner="999999999999")
    s3 = FakeS3({"a": b"x"}, bucket="source")
    batch = Batch(
        source=Bucket(s3.client, "source", s3.owner),
        runs=Bucket(elsewhere.client, "runs", RUNS_OWNER),
        process=lambda _: None,
        threads=1,
    )
    with pytest.raises(ResultsRefused, match="AccessDenied"):
        batch.run([{"Key": "a"}], invocation_of())
    assert elsewhere.objects == {}


def test_a_batch_that_failed_as_a_whole_writes_nothing(runs: FakeS3) -> None:
    with pytest.raises(BatchFailed):
        run(["bad"], one_of_each, runs)
    assert runs.calls == []


def test_results_are_written_before_the_deadline_and_a_key_that_ends_later_counts_once(runs: FakeS3) -> None:
    ends, go_on = time.monotonic() + 0.6, Event()

    def hang(obj: SourceObject) -> None:
        if obj.key == "endless":
            go_on.wait(5)

    record = run(["good", "endless"], hang, runs, seconds_left=lambda: ends - time.monotonic())
    go_on.set()
    assert (record["Succeeded"], record["Failed"], record["Retry"]) == (1, 1, [{"Key": "endless"}])
    results = BatchResults()
    assert results.add(0, failed("endless", "OutOfTime", ""))
    assert not results.add(0, {"Key": "endless", "Outcome": "Succeeded", "Result": {}})
    assert gzip.decompress(results.body()).count(b"\n") == 1


def record_of(results: BatchResults) -> BatchRecord:
    return results.record({"Key": RESULTS_KEY, "VersionId": "v" * 100}, child=CHILD, started="s" * 24, stopped="s" * 24)


@pytest.mark.parametrize("character", ["\x01", "\\", '"', "\u00e9", "\U0001f600", "x"])
def test_the_record_fits_whatever_fails_and_says_if_the_keys_do_not(character: str) -> None:
    key = character * (1024 // len(character.encode()))
    results = BatchResults()
    for number in range(200):
        results.add(number, failed(key, f"{number}" + character * 100, character * 5_000))
        results.add(1_000 + number, {"Key": key, "Outcome": "Skipped", "Reason": f"{number}" + character * 125})
    record = record_of(results)
    assert json_bytes(record) <= MAX_RECORD_BYTES < MAX_PAYLOAD_BYTES
    assert checked_record(json.loads(json.dumps(record)))
    assert len(record["Failures"]) == len(record["Skips"]) == MAX_NAMES
    assert record["Failures"][0]["Error"] == "Other", "the most frequent first"
    assert record["Retry"] is None or len(record["Retry"]) == 200


def test_all_keys_of_a_usual_batch_to_retry_fit_into_its_record() -> None:
    results = BatchResults()
    for number in range(1_000):
        results.add(number, failed(f"{number:0140}", "AccessDenied", "x" * 1_000))
    record = record_of(results)
    assert record["Retry"] is not None
    assert len(record["Retry"]) == 1_000
    results.add(1_000, failed("k" * (MAX_RECORD_BYTES - json_bytes(record)), "AccessDenied", ""))
    assert record_of(results)["Retry"] is None


@settings(max_examples=60)
@given(
    st.lists(keys, min_size=1, max_size=30),
    st.lists(st.text(max_size=20) | st.sampled_from(["\x01", "\u2028", '"', "\U0001f600", "\ud800"]), min_size=1),
    st.integers(0, 10_000),
)
def test_whatever_keys_results_and_errors_are_the_results_are_those_of_the_record(
    some: list[str], texts: list[str], length: int
) -> None:
    runs, text = FakeS3(owner=RUNS_OWNER), ("".join(texts) * (length + 1))[:length]
    odd, skipped = set(some[::2]), set(some[::5])

    def verbose(obj: SourceObject) -> dict[str, Any]:
        if obj.key == "short":
            return {}
        if obj.key in skipped:
            raise Skip(text)
        if obj.key in odd:
            raise ValueError(text)
        return {"text": text.encode("utf-8", "replace").decode()}

    record = run(["short", *some], verbose, runs)
    assert json_bytes(record) <= MAX_RECORD_BYTES
    outcomes: Any = written_outcomes(runs, record)
    assert sorted(outcome["Key"] for outcome in checked_outcomes(outcomes, checked_record(record))) == sorted(
        ["short", *some]
    )
    to_retry = sorted(outcome["Key"] for outcome in outcomes if outcome["Outcome"] in ("Failed", "Pending"))
    assert sorted(line["Key"] for line in record["Retry"]) == to_retry
