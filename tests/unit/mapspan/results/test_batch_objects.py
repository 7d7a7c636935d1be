"""The results of many batches are read in order, a bounded number of them ahead, and only those that records name."""

from __future__ import annotations

import gzip
import threading
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambdas.summarize_run import records
from lambdas.summarize_run.checked_record import UnknownRecord
from mapspan.results.batch_objects import AHEAD, THREADS, batch_objects
from tests.fixtures.batch_records import written_batch, written_batches
from tests.fixtures.fake_s3 import FakeS3, refusal
from tests.fixtures.finished_runs import OWNER, RunsBucket, failed, finished_run, skipped, succeeded


class Watched(FakeS3):
    """Counts the requests that are going on at the same time, each of which waits for others."""

    def __init__(self) -> None:
        super().__init__(owner=OWNER)
        self.most = self._now = 0
        self._lock = threading.Lock()
        self._together = threading.Barrier(THREADS)

    def get_object(self, **request: Any) -> dict[str, Any]:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        self._together.wait(timeout=30)
        answer = super().get_object(**request)
        with self._lock:
            self._now -= 1
        return answer


def batches(s3: FakeS3, count: int) -> list[Any]:
    return written_batches([succeeded(f"{number}") for number in range(count)], s3, keys=1)


def test_objects_are_requested_together_and_come_in_the_order_of_their_records() -> None:
    s3 = Watched()
    named = batches(s3, 4 * THREADS)
    read = list(batch_objects(s3.client, named, bucket="runs", owner=OWNER))
    assert [record for record, _ in read] == named
    assert [b"".join(chunks) for _, chunks in read] == [s3.objects["runs", one["Results"]["Key"]] for one in named]
    assert s3.most == THREADS


def test_a_reader_that_has_enough_requests_few_objects_ahead() -> None:
    s3 = FakeS3(owner=OWNER)
    named = batches(s3, 10 * AHEAD)
    objects: Any = batch_objects(s3.client, named, bucket="runs", owner=OWNER)
    for _ in range(3):
        next(objects)
    objects.close()
    assert 3 <= len(s3.reads) <= AHEAD + 3


def test_of_a_large_object_only_the_first_chunk_is_read_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "CHUNK_BYTES", 10)
    s3 = FakeS3(owner=OWNER)
    (large,) = batches(s3, 1)
    answer = s3.get_object(Bucket="runs", Key=large["Results"]["Key"], ExpectedBucketOwner=OWNER)
    monkeypatch.setattr(s3, "get_object", lambda **_: answer)
    [(_, chunks)] = batch_objects(s3.client, [large], bucket="runs", owner=OWNER)
    assert answer["Body"].tell() == 10
    assert b"".join(chunks) == s3.objects["runs", large["Results"]["Key"]]


def test_an_object_that_cannot_be_read_is_an_error() -> None:
    s3 = FakeS3(owner=OWNER)
    named = batches(s3, 3)
    s3.refusals[named[1]["Results"]["Key"]] = refusal("AccessDenied", "no")
    objects = batch_objects(s3.client, named, bucket="runs", owner=OWNER)
    next(objects)
    with pytest.raises(ClientError, match="AccessDenied"):
        next(objects)


def test_results_that_differ_from_their_record_are_an_error_for_each_reader() -> None:
    bucket = RunsBucket()
    bucket.list_keys(["a", "b"])
    record = written_batch([succeeded("a"), failed("b")], bucket.s3)
    bucket.write_records("SUCCEEDED", [record])
    place = "runs", record["Results"]["Key"], record["Results"]["VersionId"]
    bucket.s3.versions[place] = gzip.compress(b'{"Key": "a", "Outcome": "Succeeded", "Result": {}}\n')
    with pytest.raises(UnknownRecord, match="and its record counts"):
        bucket.read(finished_run())
    with pytest.raises(UnknownRecord):
        list(bucket.files(finished_run()).failed_keys())


def test_failed_keys_need_only_the_results_that_have_some() -> None:
    bucket = RunsBucket()
    bucket.list_keys(["a", "b", "c"])
    named = [written_batch(outcomes, bucket.s3) for outcomes in ([succeeded("a")], [failed("b"), skipped("c")])]
    bucket.write_records("SUCCEEDED", named)
    assert [one.key for one in bucket.files(finished_run()).failed_keys()] == ["b"]
    read = [key for key in bucket.s3.reads if key.startswith("results/")]
    assert read == [named[1]["Results"]["Key"]]


def test_the_ledger_and_the_keys_to_retry_need_no_results() -> None:
    bucket = RunsBucket()
    bucket.list_keys(["a", "b"])
    bucket.write("SUCCEEDED", [succeeded("a"), failed("b")])
    lines: list[Any] = []
    results = bucket.files(finished_run()).add_up(lines.append)
    assert results.ledger == {"listed": 2, "succeeded": 1, "skipped": 0, "failed": 1, "pending": 0}
    assert lines == [{"Key": "b"}]
    assert not [key for key in bucket.s3.reads if key.startswith("results/")]
