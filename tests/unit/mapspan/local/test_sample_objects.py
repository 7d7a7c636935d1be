"""The sample objects: their number, and the nasty keys among them."""

from __future__ import annotations

import pytest

from mapspan.local.sample_objects import NASTY_KEYS, sample_objects


@pytest.mark.parametrize("count", [0, 1, 20, 25, 1_000])
def test_the_count_is_exact_and_every_key_is_unique(count: int) -> None:
    objects = dict(sample_objects(count, "2026/"))
    assert len(objects) == count
    assert all(key.startswith("2026/") for key in objects)


def test_the_same_arguments_give_the_same_objects() -> None:
    assert list(sample_objects(100, "a/")) == list(sample_objects(100, "a/"))


def test_nasty_keys_come_first_and_one_has_the_longest_length_that_s3_allows() -> None:
    keys = [key for key, _ in sample_objects(1_000, "2026/11/")]
    assert keys[: len(NASTY_KEYS)] == [f"2026/11/nasty/{name}" for name in NASTY_KEYS]
    assert max(len(key.encode()) for key in keys) == 1_024


def test_folder_markers_and_zero_byte_objects_are_among_them() -> None:
    empty = [key for key, body in sample_objects(1_000, "") if not body]
    assert [key.endswith("/") for key in empty] == [True, False]
