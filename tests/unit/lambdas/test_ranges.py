"""Every key is listed exactly once, whatever the keys are, whichever thread lists and whenever it stops."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from lambdas.list_objects.checkpoint import beginning, continued, restore, whole_listing
from lambdas.list_objects.keyspace import KeySpace
from lambdas.list_objects.page import Page
from lambdas.list_objects.ranges import KeyRange, OpenRanges
from tests.fixtures.nasty_keys import alike_keys, keys
from tests.unit.lambdas.turns import THREADS, Taken, list_some, page_of


@settings(max_examples=200)
@given(st.sets(alike_keys | keys, max_size=60), st.integers(1, 5), st.data())
def test_every_key_is_listed_once(bucket: set[str], page_size: int, choose: st.DataObject) -> None:
    in_order = sorted(bucket, key=lambda key: key.encode())
    listed = Taken()
    ranges = OpenRanges(whole_listing([""]), threads=THREADS, take=listed.take)
    list_some(ranges, in_order, page_size, choose)
    assert sorted(listed.keys) == sorted(bucket)
    assert ranges.left() == []


@settings(max_examples=200)
@given(
    st.sets(alike_keys, max_size=80),
    st.lists(st.text("ab/0", max_size=3), min_size=1, max_size=4),
    st.lists(st.integers(1, 8), min_size=1, max_size=8),
    st.data(),
)
def test_a_listing_that_stops_anywhere_continues_where_it_stopped(
    bucket: set[str], prefixes: list[str], invocations: list[int], choose: st.DataObject
) -> None:
    """Prefixes may overlap, repeat or match no key."""
    in_order = sorted(bucket)
    listed = Taken()
    state = beginning(prefixes)
    for steps in [*invocations, None]:
        ranges = OpenRanges(restore(state, prefixes=prefixes), threads=THREADS, take=listed.take)
        list_some(ranges, in_order, 3, choose, steps)
        ranges.stop()
        state = continued(state, ranges.left(), seen=0, keys=0)
    assert restore(state, prefixes=prefixes) == []
    assert sorted(listed.keys) == sorted(key for key in bucket if key.startswith(tuple(prefixes)))


@given(st.sets(alike_keys, max_size=40), st.integers(1, 50), st.data())
def test_a_limit_gives_the_first_keys(bucket: set[str], limit: int, choose: st.DataObject) -> None:
    in_order = sorted(bucket)
    listed = Taken(limit)
    ranges = OpenRanges(whole_listing([""]), threads=1, take=listed.take)
    while taken := ranges.next(wait=False):
        page = page_of(in_order, taken, choose.draw(st.integers(1, 7)))
        while ranges.advance(taken, page):
            page = page_of(in_order, taken, 3)
    assert listed.keys == in_order[:limit]
    assert ranges.left() == []


def test_a_page_that_comes_after_stop_is_not_taken() -> None:
    listed = Taken()
    ranges = OpenRanges([KeyRange("")], threads=2, take=listed.take)
    taken = ranges.next()
    assert taken is not None
    ranges.stop()
    assert not ranges.advance(taken, Page(["late"], "more"))
    assert listed.keys == []
    assert ranges.left() == [taken]


@settings(max_examples=300)
@given(st.lists(keys | alike_keys, min_size=1, max_size=20), keys | alike_keys, keys | alike_keys, st.data())
def test_a_split_lies_strictly_within_its_range(seen: list[str], one: str, other: str, choose: st.DataObject) -> None:
    space = KeySpace()
    space.learn(seen)
    first, after = sorted((one, other))
    prefix = after[: choose.draw(st.integers(0, len(after)))]
    first = max(first, prefix)
    until = choose.draw(st.none() | st.just(after + "m") | (keys | alike_keys).map(lambda tail: prefix + tail))
    if until is not None and until <= after:
        until = None
    split = space.split(prefix=prefix, page=(first, after), until=until)
    if split:
        assert after < split.at
        assert split.at.startswith(prefix)
        assert until is None or split.at < until
        # It is sent as StartAfter, so it must be encodable as UTF-8.
        split.at.encode()


def test_a_range_that_cannot_be_divided_is_not_split() -> None:
    space = KeySpace()
    space.learn(["a", "b"])
    assert space.split(prefix="", page=("a", "b"), until="b\x00") is None
