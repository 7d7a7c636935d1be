"""However a listing is dealt and cut into shards, each key is in exactly one shard."""

from __future__ import annotations

import json
import random
from bisect import bisect_right
from functools import partial

from hypothesis import given, settings
from hypothesis import strategies as st

from lambdas.list_objects.checkpoint import Checkpoint, beginning, continued, restore
from lambdas.list_objects.dealing import deal, dealt
from lambdas.list_objects.keyspace import KeySpace
from lambdas.list_objects.page import Page
from lambdas.list_objects.ranges import KeyRange, OpenRanges
from tests.fixtures.nasty_keys import alike_keys, keys
from tests.unit.lambdas.turns import THREADS, Taken, list_some


def room_of(listed: Taken) -> int:
    return 7 - len(listed.keys)


def list_all(
    state: Checkpoint, bucket: list[str], prefixes: list[str], *, choose: st.DataObject, rounds: list[list[str]]
) -> None:
    """One lister to its end; in each round it may add up to 7 keys."""
    going_on: Checkpoint | None = json.loads(json.dumps(state))
    while going_on:
        state, listed = going_on, Taken()
        ranges = OpenRanges(
            restore(state, prefixes=prefixes),
            threads=THREADS,
            take=listed.take,
            room=partial(room_of, listed),
        )
        list_some(ranges, bucket, 3, choose, choose.draw(st.none() | st.integers(1, 9)))
        ranges.stop()
        assert len(listed.keys) <= 7
        rounds.append(listed.keys)
        left = ranges.left()
        going_on = continued(state, left, seen=0, keys=len(listed.keys)) if left else None


@settings(max_examples=300, deadline=None)
@given(
    st.sets(alike_keys | keys, max_size=80),
    st.lists(st.text("ab/0", max_size=3), min_size=1, max_size=6),
    st.integers(0, 25),
    st.integers(1, 9),
    st.data(),
)
def test_every_key_is_listed_once_however_a_listing_is_dealt(
    bucket: set[str], prefixes: list[str], steps: int, listers: int, choose: st.DataObject
) -> None:
    """Prefixes may overlap, repeat or match no key. The listing is dealt after any number of pages."""
    in_order = sorted(bucket, key=lambda key: key.encode())
    state, first = beginning(prefixes), Taken()
    ranges = OpenRanges(restore(state, prefixes=prefixes), threads=THREADS, take=first.take)
    if steps:
        list_some(ranges, in_order, 3, choose, steps)
    ranges.stop()
    states = dealt(state, ranges.left(), ranges.space, count=listers)
    assert len(states) <= listers
    assert [one["lister"] for one in states] == [f"0.{number}" for number in range(len(states))]
    rounds = [first.keys]
    for lister_state in states:
        list_all(lister_state, in_order, prefixes, choose=choose, rounds=rounds)
    assert sorted(key for listed in rounds for key in listed) == sorted(
        key for key in bucket if key.startswith(tuple(prefixes))
    )


def begun(bucket: list[str], *pages: tuple[int, int, int]) -> tuple[KeySpace, list[KeyRange]]:
    """Ranges that have listed a page each: the places of its first key, of its last, and of the range's last."""
    space, ranges = KeySpace(), []
    space.learn(bucket[:: len(bucket) // 50])
    for first, last, end in pages:
        space.learn((bucket[first], bucket[last]))
        until = None if end >= len(bucket) else bucket[end]
        ranges.append(KeyRange("", bucket[last], until, begun=True, page=(bucket[first], bucket[last])))
    return space, ranges


def sizes(bucket: list[str], portions: list[list[KeyRange]]) -> list[int]:
    def place(key: str | None) -> int:
        return len(bucket) if key is None else bisect_right(bucket, key)

    return [sum(place(one.until) - place(one.after) for one in portion) for portion in portions]


COUNTER = [f"{number:08d}" for number in range(0, 100_000_000, 1000)]


def test_one_range_is_cut_for_all_listers() -> None:
    space, ranges = begun(COUNTER, (0, 999, len(COUNTER)))
    dealt_sizes = sizes(COUNTER, deal(ranges, space, 16))
    assert sum(dealt_sizes) == len(COUNTER) - 1000
    assert len(dealt_sizes) == 16
    assert max(dealt_sizes) < 1.1 * len(COUNTER) / 16


def test_a_range_of_which_nothing_else_is_known_is_halved_at_a_guess() -> None:
    space, page = KeySpace(), (COUNTER[0], COUNTER[999])
    space.learn(page)
    [[lower], [upper]] = deal([KeyRange("", page[1], begun=True, page=page)], space, 16)
    assert (lower.after, lower.until, upper.after, upper.until) == (page[1], "05", "05", None)


def test_a_long_range_is_cut_and_short_ones_share_a_lister() -> None:
    short = [(place, place + 999, place + 1999) for place in range(0, 10_000, 2000)]
    space, ranges = begun(COUNTER, *short, (10_000, 10_999, len(COUNTER)))
    dealt_sizes = sizes(COUNTER, deal(ranges, space, 4))
    assert sum(dealt_sizes) == len(COUNTER) - 11_000 + 5_000
    assert max(dealt_sizes) < 1.2 * len(COUNTER) / 4


def test_a_range_without_a_page_counts_as_a_usual_one() -> None:
    space, ranges = begun(COUNTER, (0, 999, 9_999), (10_000, 10_999, 19_999))
    ranges.append(KeyRange("", COUNTER[20_000], COUNTER[29_999], begun=True))
    assert [len(portion) for portion in deal(ranges, space, 3)] == [1, 1, 1]


def test_prefixes_that_are_not_begun_are_dealt_too_and_take_no_space() -> None:
    prefixes = [f"customer-{number:05d}/" for number in range(5000)]
    ranges = OpenRanges(restore(beginning(prefixes), prefixes=prefixes), threads=2, take=lambda *_: True)
    taken = ranges.next()
    assert taken
    ranges.advance(taken, Page([f"{prefixes[0]}a"], "more"))
    states = dealt(beginning(prefixes), ranges.left(), ranges.space, count=7)
    assert len(json.dumps(states)) < 7 * 300
    dealt_prefixes = [one.prefix for state in states for one in restore(state, prefixes=prefixes)]
    assert sorted(set(dealt_prefixes)) == prefixes


def test_the_most_listers_of_usual_keys_fit_a_payload() -> None:
    """Twenty listers, with sixty-four ranges of keys of 150 characters."""
    chaos = random.Random(1)  # noqa: S311 # keys, not secrets
    bucket = sorted(f"{chaos.randbytes(8).hex()}/{chaos.randbytes(66).hex()}" for _ in range(6_400))
    space, ranges = begun(bucket, *((place, place + 9, place + 99) for place in range(0, 6_400, 100)))
    states = dealt(beginning([""]), ranges, space, count=20)
    assert len(states) == 20
    assert len(json.dumps(states)) < 64 * 1024
