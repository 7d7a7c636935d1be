"""Keys of an inventory, whichever way Step Functions hands them over: the right object is processed, or none."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.process_objects.batch import Batch
from lambdas.process_objects.inventory import as_listed, candidates
from lambdas.summarize_run.ledger import Tally, keys_of_child
from tests.fixtures.fake_s3 import FakeS3
from tests.fixtures.nasty_keys import NASTY_KEYS, keys

if TYPE_CHECKING:
    from collections.abc import Callable

    from lambdas.process_objects.outcome import Item, Outcome

HandOver = "Callable[[str], str]"
ENCODED: Callable[[str], str] = lambda key: quote_plus(key, safe="/")  # noqa: E731 - beside its opposite
AS_IT_IS: Callable[[str], str] = str
WAYS = pytest.mark.parametrize("handed_over", [ENCODED, AS_IT_IS], ids=["encoded", "decoded"])
# Keys that are each other's encoded or decoded forms: what is easily mistaken.
alike = st.text("a +%2B0", min_size=1, max_size=6)


def processed(
    s3: FakeS3, items: list[Item], *, threads: int = 1, seconds_left: Callable[[], float] = lambda: 60.0
) -> list[Outcome]:
    batch = Batch(
        client=s3.client,
        bucket="data",
        owner=s3.owner,
        process=lambda key, body, _: {"key": key, "body": body.read().decode()},
        threads=threads,
    )
    return batch.run([as_listed(item) for item in items], seconds_left=seconds_left)


def listed(s3: FakeS3, key: str, handed_over: Callable[[str], str]) -> Item:
    modified = s3.modified.get(key, datetime(2026, 11, 1, tzinfo=UTC))
    return {
        "Key": handed_over(key),
        "ETag": s3.etag(s3.objects["data", key]),
        "LastModifiedDate": modified.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
    }


@WAYS
@given(st.lists(keys | alike, min_size=1, max_size=6, unique=True))
def test_every_key_is_read_as_it_is_and_recorded_as_it_is(handed_over: Callable[[str], str], some: list[str]) -> None:
    s3 = FakeS3()
    for key in some:
        s3.objects["data", key] = key.encode()
    outcomes = processed(s3, [listed(s3, key, handed_over) for key in some])
    assert [outcome["Key"] for outcome in outcomes] == some
    for key, outcome in zip(some, outcomes, strict=True):
        assert outcome["Outcome"] == "Succeeded"
        assert outcome["Result"] == {"key": key, "body": key}


@WAYS
@given(st.lists(alike, min_size=1, max_size=6, unique=True))
def test_objects_of_one_content_and_one_time_are_never_mistaken_for_each_other(
    handed_over: Callable[[str], str], some: list[str]
) -> None:
    s3 = FakeS3()
    for key in [*some, "another"]:
        s3.objects["data", key] = b"one content"
    outcomes = processed(s3, [listed(s3, key, handed_over) for key in [*some, "another"]])
    for key, outcome in zip([*some, "another"], outcomes, strict=True):
        if outcome["Outcome"] == "Succeeded":
            assert outcome["Key"] == outcome["Result"]["key"] == key
        else:
            assert outcome["Error"] == "AmbiguousKey"  # type: ignore[typeddict-item] # the one way to fail here


@WAYS
def test_the_time_tells_apart_what_the_content_does_not(handed_over: Callable[[str], str]) -> None:
    s3 = FakeS3()
    for number, key in enumerate(["a b", "a+b", "a%2Bb"]):
        s3.objects["data", key] = b"one content"
        s3.modified[key] = datetime(2026, 11, 1, second=number, tzinfo=UTC)
    some = ["a b", "a+b", "a%2Bb"]
    assert [outcome["Key"] for outcome in processed(s3, [listed(s3, key, handed_over) for key in some])] == some


@WAYS
@pytest.mark.parametrize("refused", ["gone", "changed", "denied"])
def test_what_the_inventory_tells_of_no_more_fails_and_is_retried_as_what_it_is(
    handed_over: Callable[[str], str], refused: str
) -> None:
    s3 = FakeS3()
    s3.objects |= {("data", key): key.encode() for key in ("my+file", "other")}
    items = [listed(s3, key, handed_over) for key in ("my+file", "other")]
    if refused == "changed":
        s3.objects["data", "my+file"] = b"changed"
    else:
        del s3.objects["data", "my+file"]
    if refused == "denied":
        s3.missing_is_denied = True
    outcome, _ = processed(s3, items)
    assert outcome["Outcome"] == "Failed"
    expected = {"gone": "ObjectNotFound", "changed": "ObjectChanged", "denied": "AccessDenied"}
    assert outcome["Error"] == expected[refused]
    (line,) = Tally({"listed": 1, "succeeded": 0, "failed": 0, "pending": 0}, {}).add(dict(outcome), "SUCCEEDED")
    if refused == "changed":
        assert line == {"Key": "my+file"}  # it is known which one, so that the next try takes it as it is then
    s3.objects["data", "my+file"] = b"my+file"
    s3.missing_is_denied = False
    (again,) = processed_lines(s3, [line])
    assert again["Key"] == "my+file"
    assert again["Outcome"] == "Succeeded"


def processed_lines(s3: FakeS3, lines: list[Any]) -> list[Outcome]:
    """As a retry's key list has them: nothing says inventory there."""
    batch = Batch(client=s3.client, bucket="data", owner=s3.owner, process=lambda *_: {}, threads=1)
    return batch.run(lines, seconds_left=lambda: 60.0)


@WAYS
@given(st.lists(keys | alike, min_size=1, max_size=6, unique=True))
def test_a_whole_batch_that_failed_or_was_not_begun_is_retried_key_by_key(
    handed_over: Callable[[str], str], some: list[str]
) -> None:
    s3 = FakeS3()
    for key in some:
        s3.objects["data", key] = key.encode()
    items = [listed(s3, key, handed_over) for key in some]
    child = {"Input": json.dumps({"BatchInput": {"keys_from": "inventory"}, "Items": items})}
    assert [outcome["Key"] for outcome in processed_lines(s3, list(keys_of_child(child)))] == some
    pending = processed(s3, items, seconds_left=lambda: 0.0)
    tally = Tally({"listed": len(some), "succeeded": 0, "failed": 0, "pending": 0}, {})
    lines = [line for outcome in pending for line in tally.add(dict(outcome), "SUCCEEDED")]
    assert [outcome["Key"] for outcome in processed_lines(s3, lines)] == some


@given(keys | alike)
def test_the_retry_list_takes_a_key_as_the_worker_does(key: str) -> None:
    for told in (key, ENCODED(key)):
        child = {"Input": json.dumps({"BatchInput": {"keys_from": "inventory"}, "Items": [{"Key": told, "ETag": "e"}]})}
        (line,) = keys_of_child(child)
        assert line == {name: value for name, value in as_listed({"Key": told, "ETag": "e"}).items() if line.get(name)}


@pytest.mark.parametrize("key", NASTY_KEYS)
def test_the_true_key_is_among_the_candidates_either_way(key: str) -> None:
    assert key in candidates(key)
    assert key in candidates(ENCODED(key))


def test_a_key_list_is_taken_as_it_is() -> None:
    s3 = FakeS3()
    s3.objects["data", "a%20b"] = b"x"
    (outcome,) = processed_lines(s3, [{"Key": "a%20b"}])
    assert outcome["Key"] == "a%20b"
    assert outcome["Outcome"] == "Succeeded"
