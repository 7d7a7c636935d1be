from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from lambdas.list_objects.lines import key_lines
from lambdas.list_objects.parts import PartWriter, delete_parts
from lambdas.shared.leftovers import LeftoversNotDeleted
from tests.fixtures.fake_s3 import FakeS3, refusal
from tests.fixtures.nasty_keys import keys


def writer(s3: FakeS3, keys_per_part: int) -> PartWriter:
    return PartWriter(s3.client, bucket="runs", owner=s3.owner, prefix="p/part-000-", keys_per_part=keys_per_part)


@given(st.lists(keys, min_size=1))
def test_any_reader_of_lines_reads_the_same_keys(some: list[str]) -> None:
    lines = key_lines(some)
    # No reader splits at more characters than str.splitlines.
    assert [json.loads(line) for line in lines.decode("ascii").splitlines()] == [{"Key": key} for key in some]


@given(st.lists(st.lists(keys, min_size=1, max_size=9), max_size=12), st.integers(1, 10))
def test_parts_hold_all_keys_in_order_and_are_full_but_the_last(pages: list[list[str]], size: int) -> None:
    s3 = FakeS3()
    with writer(s3, size) as parts:
        for page in pages:
            parts.append(page, key_lines)
    written = [[json.loads(line)["Key"] for line in body.splitlines()] for body in s3.below("runs", "p/").values()]
    assert [key for part in written for key in part] == [key for page in pages for key in page]
    assert all(len(part) == size for part in written[:-1])
    assert all(0 < len(part) <= size for part in written)
    assert parts.parts == len(written)
    assert parts.keys == sum(map(len, pages))


def test_parts_of_the_longest_keys_stay_small_enough_for_memory() -> None:
    s3 = FakeS3()
    with writer(s3, 100_000) as parts:
        for page in range(40):
            parts.append([f"{page:02d}{number:04d}" + "x" * 1018 for number in range(1000)], key_lines)
    sizes = [len(body) for body in s3.below("runs", "p/").values()]
    assert len(sizes) > 1
    assert max(sizes) < 7 * 1024 * 1024
    assert sum(sizes) == 40_000 * len(key_lines(["x" * 1024]))


def test_a_part_that_cannot_be_written_fails_the_listing() -> None:
    s3 = FakeS3()
    s3.refused_puts = refusal("AccessDenied", operation="PutObject")
    with pytest.raises(ClientError, match="AccessDenied"), writer(s3, 100) as parts:
        parts.append(["a"], key_lines)


def test_a_failed_part_stops_the_listing_that_adds_more_keys() -> None:
    s3 = FakeS3()
    s3.refused_puts = refusal("SlowDown", operation="PutObject")

    def keep_listing() -> None:
        with writer(s3, 1) as parts:
            for _ in range(1000):
                parts.append(["a"], key_lines)
        raise AssertionError("never stopped")

    with pytest.raises(ClientError, match="SlowDown"):
        keep_listing()


def test_a_failed_listing_writes_no_last_part() -> None:
    s3 = FakeS3()

    def fail() -> None:
        with writer(s3, 100) as parts:
            parts.append(["a"], key_lines)
            raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 # raised above
        fail()
    assert s3.below("runs", "") == {}


def test_only_leftovers_are_deleted() -> None:
    s3 = FakeS3()
    for name in ("shard-0-001-b/0", "shard-0-001-b/1", "shard-0-001-d/0", "shard-0-0010-b/0", "shard-0-000-b/0"):
        s3.objects["runs", f"p/{name}"] = b""
    where = {"bucket": "runs", "owner": s3.owner, "place": "p/shard-0-001-", "attempt": "c"}
    delete_parts(s3.client, prefix="p/shard-0-001-", **where)
    assert list(s3.below("runs", "")) == ["p/shard-0-000-b/0", "p/shard-0-001-d/0", "p/shard-0-0010-b/0"]
    delete_parts(s3.client, prefix="p/", **where)
    assert list(s3.below("runs", "")) == ["p/shard-0-001-d/0"], "a later attempt at the invocation keeps its parts"


def test_a_leftover_that_cannot_be_deleted_fails_the_listing() -> None:
    s3 = FakeS3()
    s3.objects["runs", "p/old"] = b""
    s3.undeletable.add("p/old")
    with pytest.raises(
        LeftoversNotDeleted, match="refused to delete s3://runs/p/old, an old part of this key list: AccessDenied"
    ):
        delete_parts(s3.client, bucket="runs", owner=s3.owner, prefix="p/", place="p/shard-0-000-", attempt="a")
