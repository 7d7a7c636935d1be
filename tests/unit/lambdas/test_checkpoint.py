from __future__ import annotations

import json
import random

from hypothesis import given
from hypothesis import strategies as st

from lambdas.list_objects.checkpoint import beginning, continued, restore, whole_listing
from lambdas.list_objects.ranges import KeyRange
from tests.fixtures.nasty_keys import keys


@given(st.lists(st.tuples(keys, keys, st.none() | keys), max_size=10))
def test_ranges_are_restored_as_they_were_saved(fields: list[tuple[str, str, str | None]]) -> None:
    left = [KeyRange(*triple, begun=True) for triple in fields]
    checkpoint = json.loads(json.dumps(continued(beginning([""]), left, seen=9, keys=7)))
    restored = restore(checkpoint, prefixes=[""])
    assert [(key_range.prefix, key_range.after, key_range.until) for key_range in restored] == fields
    assert checkpoint["invocation"] == 1
    assert checkpoint["listed"] == 7
    assert checkpoint["seen"] == 9


def test_sixty_four_ranges_of_the_longest_keys_stay_under_the_payload_limit() -> None:
    chaos = random.Random(1)  # noqa: S311 # keys, not secrets

    def longest_key() -> str:
        return "".join(chr(chaos.randint(1, 0x7F)) for _ in range(1024))

    left = [KeyRange("", longest_key(), longest_key(), begun=True) for _ in range(64)]
    size = len(json.dumps(continued(beginning([""]), left, seen=0, keys=0)))
    assert size < 192 * 1024


def test_prefixes_that_are_not_begun_take_no_space() -> None:
    prefixes = [f"customer-{number:05d}/" for number in range(5000)]
    left = whole_listing(prefixes)
    left[0].begun = True
    checkpoint = continued(beginning(prefixes), left, seen=0, keys=0)
    assert len(json.dumps(checkpoint)) < 500
    assert [key_range.prefix for key_range in restore(checkpoint, prefixes=prefixes)] == prefixes


def test_a_prefix_inside_another_is_listed_once() -> None:
    assert [key_range.prefix for key_range in whole_listing(["a/b/", "a/", "b", "a/", "b/c"])] == ["a/", "b"]
    assert [key_range.prefix for key_range in whole_listing(["x", ""])] == [""]
