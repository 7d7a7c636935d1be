from __future__ import annotations

import hashlib
import json
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from examples.jobs.checksum.job import process
from lambdas.job import Skip
from lambdas.job.bucket import Bucket
from lambdas.process_objects.batch_failure import BatchFailed
from lambdas.process_objects.outcome import Outcome, json_bytes
from lambdas.shared.child_input import Item
from lambdas.shared.selection import Selection, Selector
from tests.fixtures.batches import invocation_of, run_batch
from tests.fixtures.fake_s3 import FakeS3, refusal
from tests.fixtures.nasty_keys import NASTY_KEYS

if TYPE_CHECKING:
    from collections.abc import Callable

    from lambdas.job import SourceObject
    from lambdas.process_objects.job_call import Process


@pytest.fixture
def s3() -> FakeS3:
    fake = FakeS3()
    fake.objects["source", "good"] = b"one\ntwo\n"
    return fake


def run(
    s3: FakeS3,
    items: list[str] | list[Item],
    process: Process = process,
    seconds_left: Callable[[], float] = lambda: 60.0,
    threads: int = 4,
    *,
    select: Selection | None = None,
) -> list[Outcome]:
    selector = Selector([select or {}], started_at="2026-03-01T00:00:00Z")
    return run_batch(
        items,
        source=Bucket(s3.client, "source", s3.owner),
        process=process,
        threads=threads,
        invocation=invocation_of(seconds_left, selector=selector),
    ).outcomes


def test_our_processor_returns_size_digest_and_lines(s3: FakeS3) -> None:
    large = b"line\n" * 200_000 + b"last"
    s3.objects["source", "large"] = large
    assert run(s3, ["good", "large"]) == [
        {
            "Key": "good",
            "Outcome": "Succeeded",
            "Result": {"size": 8, "sha256": hashlib.sha256(b"one\ntwo\n").hexdigest(), "lines": 2},
        },
        {
            "Key": "large",
            "Outcome": "Succeeded",
            "Result": {"size": len(large), "sha256": hashlib.sha256(large).hexdigest(), "lines": 200_001},
        },
    ]


def test_each_item_has_one_outcome(s3: FakeS3) -> None:
    names = [*NASTY_KEYS, *NASTY_KEYS[:5], "good"]
    for name in names:
        s3.objects["source", name] = name.encode()
    outcomes = run(s3, names, process=lambda obj: {"same": obj.read().decode() == obj.key})
    assert [outcome["Key"] for outcome in outcomes] == names
    assert all(outcome["Outcome"] == "Succeeded" for outcome in outcomes)


def test_a_skipped_object_has_its_reason_and_is_not_a_failure(s3: FakeS3) -> None:
    def skip(obj: SourceObject) -> None:
        raise Skip("too old, " * 100 if obj.key == "good" else "\ud800")

    skipped, odd = run(s3, ["good", "odd"], process=skip)
    assert skipped == {"Key": "good", "Outcome": "Skipped", "Reason": ("too old, " * 100)[:128]}
    assert odd == {"Key": "odd", "Outcome": "Skipped", "Reason": "?"}


def test_no_result_is_an_empty_one(s3: FakeS3) -> None:
    assert run(s3, ["good"], process=lambda _: None) == [{"Key": "good", "Outcome": "Succeeded", "Result": {}}]


def test_a_job_that_reads_nothing_costs_no_request(s3: FakeS3) -> None:
    run(s3, ["good", "absent"], process=lambda _: None)
    assert s3.calls == []


def test_a_key_that_may_be_a_folder_marker_costs_one_head_request(s3: FakeS3) -> None:
    s3.objects["source", "folder/"] = b""
    (absent, marker) = run(s3, ["absent/", "folder/"], process=lambda _: None)
    assert absent.get("Error") == "ObjectNotFound"
    assert marker.get("Note") == "FolderMarker"
    assert s3.operations == ["HeadObject", "HeadObject"]


def test_a_folder_marker_is_not_processed_and_an_empty_object_is(s3: FakeS3) -> None:
    s3.objects["source", "folder/"] = b""
    s3.objects["source", "empty"] = b""
    s3.objects["source", "not-a-marker/"] = b"content"
    processed: list[str] = []

    def remember(obj: SourceObject) -> None:
        processed.append(obj.key)
        obj.read()

    outcomes = run(s3, ["folder/", "empty", "not-a-marker/"], process=remember)
    assert outcomes == [
        {"Key": "folder/", "Outcome": "Succeeded", "Result": {}, "Note": "FolderMarker"},
        {"Key": "empty", "Outcome": "Succeeded", "Result": {}, "Note": "EmptyObject"},
        {"Key": "not-a-marker/", "Outcome": "Succeeded", "Result": {}},
    ]
    assert sorted(processed) == ["empty", "not-a-marker/"]


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("AccessDenied", "AccessDenied"),
        ("NoSuchKey", "ObjectNotFound"),
        ("SlowDown", "Throttled"),
        ("InvalidObjectState", "ObjectArchived"),
        ("KMS.DisabledException", "KMS.DisabledException"),
    ],
)
def test_an_s3_error_fails_only_its_key(s3: FakeS3, code: str, name: str) -> None:
    s3.refusals["bad"] = refusal(code, "because")
    good, bad = run(s3, ["good", "bad"])
    assert good["Outcome"] == "Succeeded"
    assert bad["Outcome"] == "Failed"
    assert bad["Error"] == name
    assert f"{code}: because" in bad["Cause"]


def test_an_object_that_changed_since_it_was_listed_is_not_processed(s3: FakeS3) -> None:
    etag = FakeS3.etag(b"one\ntwo\n")
    s3.objects["source", "changed"] = b"new"
    items: list[Item] = [
        {"Key": "good", "ETag": f'"{etag}"'},
        {"Key": "good", "Etag": etag},
        {"Key": "changed", "Etag": etag},
    ]
    outcomes = run(s3, items)
    assert [outcome.get("Error") for outcome in outcomes] == [None, None, "ObjectChanged"]


@pytest.mark.parametrize("raised", [ValueError("no header in line 1"), SystemExit(3), KeyError("x"), MemoryError()])
def test_an_exception_of_the_processor_fails_only_its_key(s3: FakeS3, raised: BaseException) -> None:
    s3.objects["source", "poisoned"] = b"!"

    def fail_on_poison(obj: SourceObject) -> None:
        if obj.key == "poisoned":
            raise raised

    poisoned, good = run(s3, ["poisoned", "good"], process=fail_on_poison)
    assert good["Outcome"] == "Succeeded"
    assert poisoned["Outcome"] == "Failed"
    assert poisoned["Error"] == "ProcessorFailed"
    assert poisoned["Cause"] == f"{type(raised).__name__}: {raised}"


@pytest.mark.parametrize("returned", ["text", [1], {"n": float("nan")}, {"o": object()}, {"s": "\udc00"}])
def test_a_result_that_is_not_a_json_object_fails_only_its_key(s3: FakeS3, returned: Any) -> None:
    s3.objects["source", "odd"] = b"!"
    odd, good = run(s3, ["odd", "good"], process=lambda obj: returned if obj.key == "odd" else {})
    assert good["Outcome"] == "Succeeded"
    assert odd["Outcome"] == "Failed"
    assert odd["Error"] == "ProcessorFailed"


def test_a_read_that_keeps_breaking_off_fails_only_its_key(s3: FakeS3) -> None:
    s3.objects["source", "broken"] = b"x" * 100
    s3.breaks["broken"] = [0] * 99
    broken, good = run(s3, ["broken", "good"])
    assert good["Outcome"] == "Succeeded"
    assert broken["Outcome"] == "Failed"
    assert broken["Error"] == "ReadFailed"


def test_the_batch_fails_if_every_key_failed(s3: FakeS3) -> None:
    s3.refusals["denied"] = refusal("AccessDenied", "Access Denied")
    with pytest.raises(BatchFailed) as failure:
        run(s3, ["gone 1", "gone 2", "denied"])
    batch_failure = json.loads(str(failure.value))
    assert batch_failure["Summary"] == "all 3 keys failed: 2 with ObjectNotFound, 1 with AccessDenied"
    assert [(entry["Keys"], entry["Example"]["Key"]) for entry in batch_failure["Errors"]] == [
        (2, "gone 1"),
        (1, "denied"),
    ]


def test_near_the_deadline_the_rest_of_the_keys_is_pending(s3: FakeS3) -> None:
    ends = time.monotonic() + 0.5
    items = [f"{n}" for n in range(40)]
    for item in items:
        s3.objects["source", item] = b"x"

    def slow(obj: SourceObject) -> dict[str, Any]:
        time.sleep(0.1)
        return {"read": len(obj.read())}

    outcomes = run(s3, items, process=slow, seconds_left=lambda: ends - time.monotonic(), threads=4)
    assert time.monotonic() < ends + 0.2  # a busy machine may be a little late; a missed deadline is much later
    kinds = [outcome["Outcome"] for outcome in outcomes]
    assert [outcome["Key"] for outcome in outcomes] == items
    assert 0 < kinds.count("Succeeded") < 40
    assert kinds.count("Pending") == 40 - kinds.count("Succeeded") - kinds.count("Failed")
    assert kinds.count("Pending") > 10


def test_a_key_that_is_not_finished_in_time_fails_with_out_of_time(s3: FakeS3) -> None:
    ends = time.monotonic() + 0.6
    s3.objects["source", "endless"] = b"x"
    go_on = threading.Event()

    def hang(obj: SourceObject) -> None:
        if obj.key == "endless":
            go_on.wait(5)

    endless, good = run(s3, ["endless", "good"], process=hang, seconds_left=lambda: ends - time.monotonic())
    go_on.set()
    assert time.monotonic() < ends + 0.2  # a busy machine may be a little late; a missed deadline is much later
    assert good["Outcome"] == "Succeeded"
    assert endless["Outcome"] == "Failed"
    assert endless["Error"] == "OutOfTime"


def test_a_long_read_stops_at_the_deadline(s3: FakeS3) -> None:
    ends = time.monotonic() + 0.6
    s3.objects["source", "large"] = b"x" * 10_000

    def trickle(obj: SourceObject) -> None:
        for start in range(obj.size):
            obj.read_range(start, 1)
            time.sleep(0.001 if obj.size > 100 else 0)

    large, good = run(s3, ["large", "good"], process=trickle, seconds_left=lambda: ends - time.monotonic())
    assert good["Outcome"] == "Succeeded"
    assert large["Outcome"] == "Failed"
    assert large["Error"] == "OutOfTime"


def test_the_batch_failure_is_short_too(s3: FakeS3) -> None:
    s3.refusals = {f"{n}": refusal(f"Code{n}", "😀" * 10_000) for n in range(50)}
    with pytest.raises(BatchFailed) as failure:
        run(s3, [f"{n}" for n in range(50)])
    assert json_bytes(str(failure.value)) < 8 * 1024


def test_no_items_give_no_outcomes(s3: FakeS3) -> None:
    assert run(s3, []) == []


@pytest.mark.parametrize(
    ("select", "item"),
    [
        ({"suffixes": [".jpg"]}, {"Key": "good"}),
        ({"min_bytes": 9}, {"Key": "good", "Size": 8}),
        ({"min_bytes": 9}, {"Key": "good", "Size": "8"}),
        ({"modified_after": "1d"}, {"Key": "good", "LastModified": 1_772_236_799.0}),
        ({"modified_after": "1d"}, {"Key": "good", "LastModifiedDate": "2026-02-27T00:00:00.000Z"}),
        ({"storage_classes": ["STANDARD"]}, {"Key": "good", "StorageClass": "GLACIER"}),
    ],
)
def test_an_item_that_is_not_selected_is_skipped_without_a_request(s3: FakeS3, select: Selection, item: Item) -> None:
    outcomes = run(s3, [item], select=select)
    assert outcomes == [{"Key": "good", "Outcome": "Skipped", "Reason": "not selected"}]
    assert s3.operations == []


def test_an_item_that_is_selected_is_processed(s3: FakeS3) -> None:
    item: Item = {
        "Key": "good",
        "Size": "8",
        "LastModifiedDate": "2026-02-28T00:00:00.000Z",
        "StorageClass": "STANDARD",
    }
    select: Selection = {"max_bytes": 8, "modified_after": "1d", "storage_classes": ["STANDARD"]}
    assert [outcome["Outcome"] for outcome in run(s3, [item], select=select)] == ["Succeeded"]


def test_an_item_without_the_field_that_a_selection_needs_fails_by_name(s3: FakeS3) -> None:
    items: list[Item] = [{"Key": "unknown", "Size": ""}, {"Key": "good", "Size": 8}]
    unknown, _ = run(s3, items, select={"min_bytes": 1})
    assert unknown["Outcome"] == "Failed"
    assert unknown["Error"] == "UnknownValue"
    assert "the size of 'unknown' is unknown" in unknown["Cause"]


def test_an_archive_that_a_listing_found_fails_without_a_request(s3: FakeS3) -> None:
    items: list[Item] = [{"Key": "cold", "Archived": True}, {"Key": "good"}]
    archived, good = run(s3, items)
    assert archived["Outcome"] == "Failed"
    assert archived["Error"] == "ObjectArchived"
    assert good["Outcome"] == "Succeeded"
    assert set(s3.reads) == {"good"}


def test_a_requester_pays_bucket_is_read_by_who_agrees_to_pay(s3: FakeS3) -> None:
    bucket = Bucket(s3.client, "source", s3.owner, requester_pays=True)
    run_batch(["good"], source=bucket, process=process)
    assert s3.calls
    assert all(call["RequestPayer"] == "requester" for call in s3.calls)
