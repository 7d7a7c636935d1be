from __future__ import annotations

import gzip
import json
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from lambdas.shared.leftovers import LeftoversNotDeleted
from lambdas.shared.name_counts import MAX_NAMES
from lambdas.summarize_run import records
from lambdas.summarize_run.checked_record import UnknownRecord
from lambdas.summarize_run.records import BrokenRecord, read_records, unpacked
from lambdas.summarize_run.summary import Summary
from tests.fixtures.batch_records import written_batch, written_batches
from tests.fixtures.fake_s3 import FakeS3
from tests.fixtures.nasty_keys import NASTY_KEYS, keys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lambdas.summarize_run.summary import Checkpoint, Manifest

MANIFEST = "map-runs/run/uuid/manifest.json"
RETRY = "key-lists/run/retry/"


def succeeded(key: str) -> dict[str, Any]:
    return {"Key": key, "Outcome": "Succeeded", "Result": {"lines": 1}}


def failed(key: str, error: str = "AccessDenied") -> dict[str, Any]:
    return {"Key": key, "Outcome": "Failed", "Error": error, "Cause": "because"}


def skipped(key: str, reason: str = "not a CSV") -> dict[str, Any]:
    return {"Key": key, "Outcome": "Skipped", "Reason": reason}


def pending(key: str) -> dict[str, Any]:
    return {"Key": key, "Outcome": "Pending", "Cause": "not started"}


def child(items: list[str], **fields: Any) -> dict[str, Any]:
    return {
        "ExecutionArn": "arn",
        "Input": json.dumps({"Items": [{"Key": key, "ETag": "x"} for key in items]}),
        **fields,
    }


def as_lines(some: list[dict[str, Any]], *, ascii_only: bool = True) -> bytes:
    return "".join(json.dumps(record, ensure_ascii=ascii_only) + "\n" for record in some).encode()


def as_array(some: list[dict[str, Any]], *, ascii_only: bool = True) -> bytes:
    return json.dumps(some, ensure_ascii=ascii_only).encode()


class Run:
    """The result files of a run, and its summary."""

    def __init__(self) -> None:
        self.s3 = FakeS3(owner="111111111111")
        self.map_runs: list[dict[str, list[dict[str, Any]]]] = [{"SUCCEEDED": [], "FAILED": [], "PENDING": []}]

    def write(self, status: str, content: bytes) -> None:
        """Another file of the last Map Run."""
        files = self.map_runs[-1][status]
        key = f"map-runs/run/uuid-{len(self.map_runs)}/{status}_{len(files)}.json"
        self.s3.objects["runs", key] = content
        files.append({"Key": key, "Size": len(content)})

    def next_map_run(self) -> None:
        self.map_runs.append({"SUCCEEDED": [], "FAILED": [], "PENDING": []})

    def batch(self, outcomes: list[dict[str, Any]]) -> dict[str, Any]:
        """The record of a batch whose results are in the bucket."""
        return written_batch(outcomes, self.s3)

    def without_retry(self, outcomes: list[dict[str, Any]]) -> dict[str, Any]:
        """The same with keys to retry that don't fit into its record."""
        return {**self.batch(outcomes), "Retry": None}

    def summary(self, listed: int | None = 0, checkpoint: Checkpoint | None = None) -> Summary:
        return Summary(
            self.s3.client,
            bucket="runs",
            owner="111111111111",
            retry_prefix=RETRY,
            listed=listed,
            checkpoint=json.loads(json.dumps(checkpoint)),
        )

    def read(self, summary: Summary, seconds_left: Callable[[], float] = lambda: 60.0) -> Checkpoint | None:
        manifests: list[Manifest] = []
        for number, files in enumerate(self.map_runs):
            manifests.append({"Bucket": "runs", "Key": f"{MANIFEST}{number}"})
            self.s3.objects["runs", f"{MANIFEST}{number}"] = json.dumps({"ResultFiles": files}).encode()
        return summary.run(key_list_prefix="key-lists/given/", manifests=manifests, seconds_left=seconds_left)

    def retried(self) -> list[str]:
        bodies = self.s3.below("runs", RETRY).values()
        return [json.loads(line)["Key"] for body in bodies for line in body.splitlines()]


@pytest.fixture
def run() -> Run:
    return Run()


@pytest.mark.parametrize("written", [as_lines, as_array])
@pytest.mark.parametrize("retry_in", ["record", "results"])
def test_the_ledger_counts_keys_of_every_kind_of_record(
    run: Run, written: Callable[[list[dict[str, Any]]], bytes], retry_in: str
) -> None:
    batch = run.batch if retry_in == "record" else run.without_retry
    run.write("SUCCEEDED", written([batch([succeeded("a"), failed("b"), pending("c")]), batch([])]))
    run.write(
        "SUCCEEDED", written([batch([failed("d", "ProcessorFailed"), succeeded("e"), failed("f"), skipped("m")])])
    )
    run.write("FAILED", written([child(["g", "h"], Error="BatchFailed"), child(["i"], Status="TIMED_OUT")]))
    run.write("PENDING", written([child(["j", "k", "l"])]))
    summary = run.summary(listed=13)
    assert run.read(summary) is None
    assert summary.ledger == {"listed": 13, "succeeded": 2, "skipped": 1, "failed": 6, "pending": 4}
    assert summary.skips == {"not a CSV": 1}
    assert summary.failures == {"AccessDenied": 2, "BatchFailed": 2, "ProcessorFailed": 1, "TIMED_OUT": 1}
    assert list(summary.failures)[:2] == ["AccessDenied", "BatchFailed"]
    assert run.retried() == ["b", "c", "d", "f", "g", "h", "i", "j", "k", "l"]
    assert summary.retry_keys == 10


def test_after_a_redrive_successes_of_all_attempts_count_and_failures_of_the_last(run: Run) -> None:
    """The manifest names them so; the FAILED and PENDING files of the first attempt stay in the folder.

    https://docs.aws.amazon.com/step-functions/latest/dg/redrive-map-run.html
    """
    run.write("SUCCEEDED", as_lines([run.batch([succeeded("a"), failed("b")])]))
    run.write("FAILED", as_lines([child(["c", "d"], Error="BatchFailed")]))
    run.write("PENDING", as_lines([child(["e"])]))
    run.map_runs[-1] |= {"FAILED": [], "PENDING": []}
    run.write("SUCCEEDED", as_lines([run.batch([succeeded("c"), succeeded("d")])]))
    run.write("FAILED", as_lines([child(["e"], Error="Boom")]))
    summary = run.summary(listed=5)
    run.read(summary)
    assert summary.ledger == {"listed": 5, "succeeded": 3, "skipped": 0, "failed": 2, "pending": 0}
    assert run.retried() == ["b", "e"]


def test_a_retry_takes_objects_as_they_are_then(run: Run) -> None:
    """With the ETag of the listing, an object that changed would fail forever."""
    run.write("FAILED", as_lines([child(NASTY_KEYS)]))
    run.read(run.summary())
    (part,) = run.s3.below("runs", RETRY).values()
    assert [json.loads(line) for line in part.decode("ascii").splitlines()] == [{"Key": key} for key in NASTY_KEYS]


def test_a_clean_run_has_nothing_to_retry(run: Run) -> None:
    run.write("SUCCEEDED", as_lines([run.batch([succeeded(key) for key in NASTY_KEYS])]))
    summary = run.summary(listed=len(NASTY_KEYS))
    run.read(summary)
    assert summary.ledger == {
        "listed": len(NASTY_KEYS),
        "succeeded": len(NASTY_KEYS),
        "skipped": 0,
        "failed": 0,
        "pending": 0,
    }
    assert summary.retry_keys == 0
    assert run.s3.below("runs", RETRY) == {}


def test_the_lines_of_a_key_list_that_was_passed_in_are_counted(run: Run) -> None:
    run.s3.objects["runs", "key-lists/given/part-0.jsonl"] = b'{"Key":"a"}\n{"Key":"b"}\n'
    run.s3.objects["runs", "key-lists/given/part-1.jsonl"] = '{"Key":"c\u2028\u0085"}\n\n{"Key":"d"}'.encode()
    run.s3.objects["runs", "key-lists/given/part-2.jsonl"] = b""
    summary = run.summary(listed=None)
    assert run.read(summary) is None
    assert summary.ledger["listed"] == 4


@pytest.mark.parametrize("written", [as_lines, as_array])
def test_a_summary_continues_over_many_invocations(
    run: Run, monkeypatch: pytest.MonkeyPatch, written: Callable[[list[dict[str, Any]]], bytes]
) -> None:
    monkeypatch.setattr(records, "CHUNK_BYTES", 997)  # a little more than a record
    for number in range(2):
        run.s3.objects["runs", f"key-lists/given/part-{number}.jsonl"] = b'{"Key":"x"}\n' * 10
    outcomes = [[succeeded, failed, pending, skipped][n % 4](f"{n} é\n") for n in range(20)]
    run.write("SUCCEEDED", written([run.batch([outcome]) for outcome in outcomes[:7]]))
    run.write("SUCCEEDED", written([run.without_retry([outcome]) for outcome in outcomes[7:10]]))
    run.next_map_run()
    run.write("SUCCEEDED", written([run.without_retry([outcome]) for outcome in outcomes[10:]]))
    checkpoint: Checkpoint | None = None
    invocations = 0
    while not invocations or checkpoint:
        summary = run.summary(listed=None, checkpoint=checkpoint)
        checkpoint = run.read(summary, seconds_left=_clock_for_one_chunk())
        invocations += 1
    assert invocations > 10
    assert summary.ledger == {"listed": 20, "succeeded": 5, "skipped": 5, "failed": 5, "pending": 5}
    assert summary.skips == {"not a CSV": 5}
    assert run.retried() == [outcome["Key"] for outcome in outcomes if outcome["Outcome"] in {"Failed", "Pending"}]
    assert summary.retry_keys == 10


def _clock_for_one_chunk() -> Callable[[], float]:
    readings: Iterator[float] = iter([60.0])
    return lambda: next(readings, 0.0)


def test_a_retried_invocation_deletes_the_parts_of_the_killed_one(run: Run) -> None:
    run.s3.objects["runs", f"{RETRY}part-000-00005.jsonl"] = b'{"Key":"stale"}\n'
    run.s3.objects["runs", f"{RETRY}part-004-00000.jsonl"] = b'{"Key":"from a run of the same name"}\n'
    run.write("SUCCEEDED", as_lines([run.batch([failed("a")])]))
    run.read(run.summary())
    assert run.retried() == ["a"]


def test_a_leftover_that_cannot_be_deleted_fails_the_summary(run: Run) -> None:
    stale = f"{RETRY}part-000-00005.jsonl"
    run.s3.objects["runs", stale] = b'{"Key":"stale"}\n'
    run.s3.undeletable.add(stale)
    with pytest.raises(LeftoversNotDeleted):
        run.read(run.summary())


def test_a_broken_read_continues_at_the_next_byte(run: Run) -> None:
    batch = run.without_retry([failed(f"{n}") for n in range(50)])
    run.write("SUCCEEDED", as_lines([batch, *(run.batch([succeeded(f"{n}")]) for n in range(50))]))
    run.s3.breaks[run.map_runs[-1]["SUCCEEDED"][0]["Key"]] = [10, 700, 0, 33]
    run.s3.breaks[batch["Results"]["Key"]] = [10, 100, 0, 33]
    summary = run.summary(listed=100)
    run.read(summary)
    assert (summary.ledger["succeeded"], summary.ledger["failed"]) == (50, 50)
    assert run.retried() == [f"{n}" for n in range(50)]


def test_at_most_twenty_error_names_and_twenty_reasons_are_counted(run: Run) -> None:
    failures = [failed(f"{n}", f"Error{n % 100}") for n in range(1000)]
    skips = [skipped(f"{n}", f"reason {n % 100}") for n in range(1000)]
    for outcomes in (failures, skips):
        run.write("SUCCEEDED", as_lines(written_batches(outcomes, run.s3, keys=7)))
    summary = run.summary(listed=2000)
    run.read(summary)
    assert len(summary.failures) == len(summary.skips) == MAX_NAMES
    assert sum(summary.failures.values()) == summary.ledger["failed"] == 1000
    assert sum(summary.skips.values()) == summary.ledger["skipped"] == 1000


def test_a_missing_manifest_fails_the_summary(run: Run) -> None:
    with pytest.raises(ClientError, match="NoSuchKey"):
        run.summary().run(
            key_list_prefix="", manifests=[{"Bucket": "runs", "Key": "nowhere"}], seconds_left=lambda: 60.0
        )


@pytest.mark.parametrize(
    ("status", "content", "error"),
    [
        ("SUCCEEDED", b'{"Keys": 1, "Succ', BrokenRecord),
        ("SUCCEEDED", b"not json\n", BrokenRecord),
        ("SUCCEEDED", b'"a string"\n', BrokenRecord),
        ("SUCCEEDED", b'{"Key": "a", "Outcome": "Succeeded", "Result": {}}\n', UnknownRecord),
        ("FAILED", b'{"Error": "Boom"}\n', UnknownRecord),
        ("FAILED", b'{"Input": "{\\"Items\\": 3}"}\n', UnknownRecord),
    ],
)
def test_a_file_that_cannot_be_understood_fails_the_summary(
    run: Run, status: str, content: bytes, error: type[Exception]
) -> None:
    run.write(status, content)
    with pytest.raises(error):
        run.read(run.summary())


def test_adding_up_takes_no_more_memory_for_more_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "CHUNK_BYTES", 10_000)

    def peak(batches: int) -> int:
        run = Run()
        run.write("SUCCEEDED", as_lines([run.batch([succeeded("a"), skipped("b")])] * batches))
        tracemalloc.start()
        run.read(run.summary(listed=2 * batches))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(100)  # loads what is loaded once
    assert peak(8_000) < peak(1_000) * 1.3


@pytest.mark.parametrize(
    "changes",
    [
        {"Keys": 5},
        {"Keys": "4"},
        {"Succeeded": 2},
        {"Succeeded": -1, "Pending": 3},
        {"Succeeded": True},
        {"Succeeded": None},
        {"Failures": []},
        {"Failures": [{"Error": "AccessDenied", "Keys": 2}]},
        {"Failures": [{"Error": "AccessDenied", "Keys": 2}, {"Error": "Other", "Keys": -1}]},
        {"Failures": [{"Error": None, "Keys": 1}]},
        {"Failures": {"AccessDenied": 1}},
        {"Skips": {}},
        {"Skips": {"not a CSV": 2}},
        {"Skips": ["not a CSV"]},
        {"Retry": []},
        {"Retry": [{"Key": "b"}, {"Key": 3}]},
        {"Retry": "bc"},
        {"Results": None},
        {"Results": {"Key": "results/a"}},
        {"Results": {"Key": "results/a", "VersionId": 3}},
        {"Child": None},
        {"Started": 0},
    ],
    ids=str,
)
def test_a_record_that_is_malformed_or_does_not_add_up_fails_the_summary(run: Run, changes: dict[str, Any]) -> None:
    record = run.batch([succeeded("a"), failed("b"), pending("c"), skipped("d")])
    run.write("SUCCEEDED", as_lines([record]))
    run.read(run.summary())
    run.write("SUCCEEDED", as_lines([{**record, **changes}]))
    with pytest.raises(UnknownRecord, match="counts don't add up"):
        run.read(run.summary())


@pytest.mark.parametrize("field", ["Keys", "Pending", "Failures", "Skips", "Retry", "Results", "Child", "Stopped"])
def test_a_record_without_a_field_fails_the_summary(run: Run, field: str) -> None:
    record = run.batch([succeeded("a")])
    del record[field]
    run.write("SUCCEEDED", as_lines([record]))
    with pytest.raises(UnknownRecord):
        run.read(run.summary())


def test_retried_keys_are_read_from_the_version_that_the_record_names(run: Run) -> None:
    record = run.without_retry([failed("a"), succeeded("b")])
    run.s3.put_object(
        Bucket="runs", Key=record["Results"]["Key"], Body=b"another version", ExpectedBucketOwner="111111111111"
    )
    run.write("SUCCEEDED", as_lines([record]))
    run.read(run.summary())
    assert run.retried() == ["a"]


def test_results_that_no_record_names_do_not_count(run: Run) -> None:
    """A batch that timed out may have left them."""
    run.batch([failed("a")])
    run.write("SUCCEEDED", as_lines([run.batch([succeeded("a")])]))
    summary = run.summary(listed=1)
    run.read(summary)
    assert summary.ledger == {"listed": 1, "succeeded": 1, "skipped": 0, "failed": 0, "pending": 0}
    assert summary.retry_keys == 0


def test_a_batch_without_failures_costs_no_request(run: Run) -> None:
    run.write("SUCCEEDED", as_lines(written_batches([succeeded(f"{n}") for n in range(100)], run.s3, keys=10)))
    run.s3.reads.clear()
    run.read(run.summary())
    assert run.s3.reads == [f"{MANIFEST}0", run.map_runs[0]["SUCCEEDED"][0]["Key"]]


@pytest.mark.parametrize(
    ("outcomes", "error"),
    [
        ([failed("a"), failed("b")], UnknownRecord),
        ([failed("a")], UnknownRecord),
        ([failed("a"), {"Key": "b"}], UnknownRecord),
        ([failed("a"), {"Key": "b", "Outcome": "Skipped"}], UnknownRecord),
        ([failed("a"), "b"], BrokenRecord),
    ],
)
def test_results_that_are_not_those_of_the_record_fail_the_summary(
    run: Run, outcomes: list[Any], error: type[Exception]
) -> None:
    record = run.without_retry([failed("a"), succeeded("b")])
    packed = gzip.compress(b"".join(json.dumps(outcome).encode() + b"\n" for outcome in outcomes))
    run.s3.versions["runs", record["Results"]["Key"], record["Results"]["VersionId"]] = packed
    run.write("SUCCEEDED", as_lines([record]))
    with pytest.raises(error):
        run.read(run.summary())


WHOLE = gzip.compress(json.dumps(failed("a")).encode())


@pytest.mark.parametrize("content", [b"", b"not gzip", WHOLE[:-1], WHOLE[:20], WHOLE * 2], ids=range(5))
def test_results_that_are_not_one_whole_gzip_file_fail_the_summary(run: Run, content: bytes) -> None:
    record = run.without_retry([failed("a")])
    place = "runs", record["Results"]["Key"], record["Results"]["VersionId"]
    run.write("SUCCEEDED", as_lines([record]))
    run.s3.versions[place] = WHOLE
    run.read(run.summary())
    run.s3.versions[place] = content
    with pytest.raises(BrokenRecord, match=f"{place[1]}: not (one whole|a) gzip file"):
        run.read(run.summary())


def test_results_that_are_gone_fail_the_summary(run: Run) -> None:
    record = run.without_retry([failed("a")])
    run.s3.versions.clear()
    run.write("SUCCEEDED", as_lines([record]))
    with pytest.raises(ClientError):
        run.read(run.summary())


@given(st.binary(max_size=3_000), st.integers(1, 50), st.integers(1, 50))
def test_a_gzip_file_is_unpacked_in_pieces_wherever_chunks_end(content: bytes, size: int, piece: int) -> None:
    packed = gzip.compress(content * 20)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(records, "CHUNK_BYTES", piece)
        pieces = list(unpacked(packed[start : start + size] for start in range(0, len(packed), size)))
    assert b"".join(pieces) == content * 20
    assert max(map(len, pieces)) <= piece


@given(st.lists(keys, max_size=8), st.integers(1, 40), st.booleans(), st.booleans())
def test_records_are_read_the_same_wherever_chunks_end(
    some: list[str], size: int, array: bool, ascii_only: bool
) -> None:
    written = [{"Key": key, "Nested": [{"deep": key}]} for key in some]
    content = (as_array if array else as_lines)(written, ascii_only=ascii_only)
    chunks = [content[start : start + size] for start in range(0, len(content), size)]
    read: list[dict[str, Any]] = []
    for some_records, offset in read_records(iter(chunks)):
        read += some_records
        # Reading on from each offset gives the rest.
        rest = [record for more, _ in read_records(iter([content[offset:]]), offset=offset) for record in more]
        assert read + rest == written
    assert read == written
