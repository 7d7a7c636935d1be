"""A sample is spread over the keys, with a bounded number of requests."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, datetime
from itertools import islice
from typing import Any, cast

import pytest

from lambdas.job.bucket import Bucket
from mapspan.jobs.bucket_sample import BucketSample

OWNER = "222222222222"


class ListedBucket:
    """A bucket whose keys are listed as S3 does, a page at a time."""

    def __init__(self, keys: list[str]) -> None:
        self._keys = sorted(keys)
        self.requests: list[dict[str, Any]] = []

    def list_objects_v2(self, **request: Any) -> dict[str, Any]:
        assert request["ExpectedBucketOwner"] == OWNER
        self.requests.append(request)
        above = islice(self._keys, bisect_right(self._keys, request["StartAfter"]), None)
        below = list(islice((key for key in above if key.startswith(request["Prefix"])), request["MaxKeys"] + 1))
        modified = datetime(2026, 11, 1, tzinfo=UTC)
        entries = [
            {"Key": key, "Size": 0 if key.endswith("/") else 7, "ETag": '"e"', "LastModified": modified}
            for key in below[: request["MaxKeys"]]
        ]
        return {"Contents": entries, "IsTruncated": len(below) > request["MaxKeys"]}

    def sample(self, count: int, prefixes: tuple[str, ...] = ("",)) -> list[str]:
        sample = BucketSample(Bucket(cast("Any", self), "b", OWNER), prefixes=prefixes, count=count)
        return [entry["Key"] for entry in sample.objects()]


BY_DATE = [
    f"2026/{month:02}/{day:02}/orders-{number:05}.csv"
    for month in range(1, 13)
    for day in range(1, 29)
    for number in range(100)
]
SHAPES = {
    "by date": BY_DATE,
    "hashes": [f"{number * 2654435761 % 2**32:08x}.bin" for number in range(30_000)],
    "letters and digits": [
        f"{first}-{number:04}" for first in "0123456789abcdefghijklmnopqrstuvwxyz" for number in range(900)
    ],
    "counter": [f"part-{number:08}" for number in range(30_000)],
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_sample_is_spread_over_the_keys(shape: str) -> None:
    keys = sorted(SHAPES[shape])
    chosen = ListedBucket(keys).sample(20)
    assert len(chosen) == 20
    assert chosen == sorted(set(chosen))
    tenths = {bisect_right(keys, key) * 10 // len(keys) for key in chosen}
    assert len(tenths) >= 8


SHAPES_OF_ANY_WIDTH = {**SHAPES, "many letters": [f"{chr(0x4E00 + number // 200)}{number}" for number in range(30_000)]}


@pytest.mark.parametrize("shape", SHAPES_OF_ANY_WIDTH)
def test_a_sample_takes_at_most_three_requests_an_object_and_one_a_prefix(shape: str) -> None:
    bucket = ListedBucket(SHAPES_OF_ANY_WIDTH[shape])
    assert len(bucket.sample(20)) == 20
    assert len(bucket.requests) <= 3 * 20 + 1
    assert all(request["MaxKeys"] <= 100 for request in bucket.requests)


def test_a_bucket_with_fewer_objects_gives_all_of_them() -> None:
    keys = [f"a/{number}" for number in range(7)]
    assert ListedBucket(keys).sample(20) == keys


def test_an_empty_bucket_gives_none() -> None:
    bucket = ListedBucket([])
    assert (bucket.sample(20), len(bucket.requests)) == ([], 1)


def test_every_prefix_is_sampled_and_nothing_else() -> None:
    keys = [f"{prefix}/{number:05}" for prefix in "abcd" for number in range(1_000)]
    chosen = ListedBucket(keys).sample(20, ("a/", "c/"))
    assert len(chosen) == 20
    assert {key[0] for key in chosen} == {"a", "c"}


def test_of_many_prefixes_some_of_the_whole_list_are_sampled() -> None:
    prefixes = tuple(f"{number:02}/" for number in range(100))
    bucket = ListedBucket([f"{prefix}x" for prefix in prefixes])
    chosen = bucket.sample(4, prefixes)
    assert chosen == ["12/x", "37/x", "62/x", "87/x"]
    assert len(bucket.requests) <= 16


def test_a_folder_marker_is_not_chosen_where_there_are_objects() -> None:
    assert ListedBucket(["a/", "a/b/", "a/b/1"]).sample(1) == ["a/b/1"]
    assert ListedBucket(["a/"]).sample(1) == ["a/"]


def test_the_same_bucket_gives_the_same_sample() -> None:
    assert ListedBucket(BY_DATE).sample(20) == ListedBucket(BY_DATE).sample(20)
