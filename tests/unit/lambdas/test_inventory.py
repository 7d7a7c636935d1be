"""Inventory keys, whether Step Functions decodes them or not: the right object is processed, or none."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.job.bucket import Bucket
from lambdas.shared.child_input import items_of
from lambdas.shared.inventory_keys import candidates
from lambdas.summarize_run.ledger import keys_of_child
from tests.fixtures.batches import Processed, invocation_of, run_batch
from tests.fixtures.fake_s3 import MODIFIED, FakeS3
from tests.fixtures.nasty_keys import NASTY_KEYS, keys

if TYPE_CHECKING:
    from collections.abc import Callable

    from lambdas.process_objects.outcome import Outcome
    from lambdas.shared.child_input import ChildInput, Item


def encode(key: str) -> str:
    return quote_plus(key, safe="/")


# How Step Functions passes on the keys of an inventory: as they are in the files, or decoded.
BOTH_WAYS = pytest.mark.parametrize("pass_on", [encode, str], ids=["encoded", "decoded"])
# Keys that are the encoded or decoded form of one another, and so are easily confused.
alike = st.text("a +%2B0", min_size=1, max_size=6)


def processed(
    s3: FakeS3, items: list[Item], *, threads: int = 1, seconds_left: Callable[[], float] = lambda: 60.0
) -> Processed:
    return run_batch(
        items_of({"BatchInput": {"keys_from": "inventory"}, "Items": items}),
        source=Bucket(s3.client, "data", s3.owner),
        process=lambda obj: {"key": obj.key, "body": obj.read().decode()},
        threads=threads,
        invocation=invocation_of(seconds_left),
    )


def inventory_item(s3: FakeS3, key: str, pass_on: Callable[[str], str]) -> Item:
    modified = s3.modified.get(key, MODIFIED)
    return {
        "Key": pass_on(key),
        "ETag": s3.etag(s3.objects["data", key]),
        "LastModifiedDate": modified.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
    }


@BOTH_WAYS
@given(st.lists(keys | alike, min_size=1, max_size=6, unique=True))
def test_every_object_is_read_and_recorded_under_its_own_key(pass_on: Callable[[str], str], some: list[str]) -> None:
    s3 = FakeS3()
    for key in some:
        s3.objects["data", key] = key.encode()
    outcomes = processed(s3, [inventory_item(s3, key, pass_on) for key in some]).outcomes
    assert [outcome["Key"] for outcome in outcomes] == some
    for key, outcome in zip(some, outcomes, strict=True):
        assert outcome["Outcome"] == "Succeeded"
        assert outcome["Result"] == {"key": key, "body": key}


@BOTH_WAYS
@given(st.lists(alike, min_size=1, max_size=6, unique=True))
def test_objects_with_the_same_content_and_time_are_never_confused(
    pass_on: Callable[[str], str], some: list[str]
) -> None:
    s3 = FakeS3()
    for key in [*some, "another"]:
        s3.objects["data", key] = b"one content"
    outcomes = processed(s3, [inventory_item(s3, key, pass_on) for key in [*some, "another"]]).outcomes
    for key, outcome in zip([*some, "another"], outcomes, strict=True):
        if outcome["Outcome"] == "Succeeded":
            assert outcome["Key"] == outcome["Result"]["key"] == key
        else:
            assert outcome["Error"] == "AmbiguousKey"  # type: ignore[typeddict-item] # a failure, here always this one


@BOTH_WAYS
def test_the_modification_time_separates_objects_with_the_same_content(pass_on: Callable[[str], str]) -> None:
    s3 = FakeS3()
    for number, key in enumerate(["a b", "a+b", "a%2Bb"]):
        s3.objects["data", key] = b"one content"
        s3.modified[key] = datetime(2026, 11, 1, second=number, tzinfo=UTC)
    some = ["a b", "a+b", "a%2Bb"]
    outcomes = processed(s3, [inventory_item(s3, key, pass_on) for key in some]).outcomes
    assert [outcome["Key"] for outcome in outcomes] == some


@BOTH_WAYS
@pytest.mark.parametrize("refused", ["gone", "changed", "denied"])
def test_an_object_that_changed_since_the_inventory_fails_and_its_retry_takes_the_right_key(
    pass_on: Callable[[str], str], refused: str
) -> None:
    s3 = FakeS3()
    s3.objects |= {("data", key): key.encode() for key in ("my+file", "other")}
    items = [inventory_item(s3, key, pass_on) for key in ("my+file", "other")]
    if refused == "changed":
        s3.objects["data", "my+file"] = b"changed"
    else:
        del s3.objects["data", "my+file"]
    if refused == "denied":
        s3.missing_is_denied = True
    record, outcomes = processed(s3, items)
    outcome = next(outcome for outcome in outcomes if outcome["Outcome"] != "Succeeded")
    assert outcome["Outcome"] == "Failed"
    expected = {"gone": "ObjectNotFound", "changed": "ObjectChanged", "denied": "AccessDenied"}
    assert outcome["Error"] == expected[refused]
    assert record["Retry"] is not None
    (line,) = record["Retry"]
    if refused == "changed":
        assert line == {"Key": "my+file"}  # the key is resolved, so the retry takes the object as it is then
    s3.objects["data", "my+file"] = b"my+file"
    s3.missing_is_denied = False
    (again,) = processed_lines(s3, [line])
    assert again["Key"] == "my+file"
    assert again["Outcome"] == "Succeeded"


def processed_lines(s3: FakeS3, lines: list[Any]) -> list[Outcome]:
    """As a retry reads them from its key list: without keys_from."""
    return run_batch(lines, source=Bucket(s3.client, "data", s3.owner), process=lambda _: {}).outcomes


@BOTH_WAYS
@given(st.lists(keys | alike, min_size=1, max_size=6, unique=True))
def test_a_batch_that_failed_or_was_not_started_is_retried_with_the_right_keys(
    pass_on: Callable[[str], str], some: list[str]
) -> None:
    s3 = FakeS3()
    for key in some:
        s3.objects["data", key] = key.encode()
    items = [inventory_item(s3, key, pass_on) for key in some]
    child = {"Input": json.dumps({"BatchInput": {"keys_from": "inventory"}, "Items": items})}
    assert [outcome["Key"] for outcome in processed_lines(s3, list(keys_of_child(child)))] == some
    lines = processed(s3, items, seconds_left=lambda: 0.0).record["Retry"]
    assert lines is not None
    assert [outcome["Key"] for outcome in processed_lines(s3, lines)] == some


@given(keys | alike)
def test_a_retry_of_a_failed_batch_has_the_same_candidates_as_the_batch(key: str) -> None:
    for inventory_key in (key, encode(key)):
        batch: ChildInput = {"BatchInput": {"keys_from": "inventory"}, "Items": [{"Key": inventory_key, "ETag": "e"}]}
        (line,) = keys_of_child({"Input": json.dumps(batch)})
        (item,) = items_of(batch)
        assert (line["Key"], line.get("InventoryKey")) == (item["Key"], item.get("InventoryKey"))
        # A retry takes the object as it is then: the ETag only resolves the key.
        assert line.get("ETag") == ("e" if "InventoryKey" in item else None)


@pytest.mark.parametrize("key", NASTY_KEYS)
def test_the_real_key_is_a_candidate_whether_decoded_or_not(key: str) -> None:
    assert key in candidates(key)
    assert key in candidates(encode(key))


def test_the_keys_of_a_key_list_are_not_decoded() -> None:
    s3 = FakeS3()
    s3.objects["data", "a%20b"] = b"x"
    (outcome,) = processed_lines(s3, [{"Key": "a%20b"}])
    assert outcome["Key"] == "a%20b"
    assert outcome["Outcome"] == "Succeeded"
