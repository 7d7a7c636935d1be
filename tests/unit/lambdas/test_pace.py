"""The rate of starts: with a fake clock, no second of a run has more starts than it may have."""

from __future__ import annotations

import heapq
from bisect import bisect_left
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from environments.rate_limit import rate_limit
from lambdas.job.bucket import Bucket
from lambdas.process_objects.batch_failure import BatchFailed
from lambdas.process_objects.pace import Pace
from tests.fixtures.batches import invocation_of, run_batch
from tests.fixtures.fake_s3 import FakeS3

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lambdas.job import SourceObject


@dataclass
class Clock:
    """Time that passes only by sleeping. A Fraction is exact, as a float's sum is not."""

    now: Fraction = Fraction(0)
    starts: list[Fraction] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.now += Fraction(seconds)

    def pace(self, interval: Fraction) -> Pace:
        return Pace(interval, clock=lambda: self.now, sleep=self.sleep)  # type: ignore[arg-type,return-value] # as exact as the clock


def child(clock: Clock, interval: Fraction, durations: list[Fraction]) -> Iterator[Fraction]:
    """The starts of a child execution, whose container is new. It ends with its clock at its end."""
    pace = clock.pace(interval)
    for duration in durations:
        pace.start()
        yield clock.now
        clock.now += duration
    pace.rest()


def starts_of_a_slot(first: Fraction, interval: Fraction, children: list[list[Fraction]]) -> Iterator[Fraction]:
    """The starts of children that follow one another at once, as a Map starts the next when one has ended."""
    clock = Clock(first)
    for durations in children:
        yield from child(clock, interval, durations)


def most_in_a_second(starts: list[Fraction]) -> int:
    """The most starts in any half-open second. The fullest second begins with a start."""
    return max((bisect_left(starts, start + 1) - index for index, start in enumerate(starts)), default=0)


seconds = st.fractions(0, 2, max_denominator=100)


@settings(max_examples=50)
@given(
    st.integers(1, 8),
    st.lists(st.tuples(seconds, st.lists(st.lists(seconds, max_size=5), max_size=3)), min_size=1, max_size=4),
)
def test_no_second_has_more_starts_than_the_rate(
    per_child: int, slots: list[tuple[Fraction, list[list[Fraction]]]]
) -> None:
    starts = list(
        heapq.merge(*(starts_of_a_slot(first, Fraction(1, per_child), children) for first, children in slots))
    )
    assert most_in_a_second(starts) <= per_child * len(slots)


def run_at(interval: Fraction, clock: Clock, keys: int, *, threads: int, fails: bool = False) -> None:
    s3 = FakeS3()

    def process(_: SourceObject) -> None:
        clock.starts.append(clock.now)
        if fails:
            raise ValueError

    run_batch(
        [f"{number}" for number in range(keys)],
        source=Bucket(s3.client, "source", s3.owner),
        process=process,
        threads=threads,
        pace=clock.pace(interval),
    )


@pytest.mark.parametrize("threads", [1, 16])
def test_a_batch_keeps_the_rate_on_all_its_threads(threads: int) -> None:
    clock = Clock()
    for _ in range(2):
        run_at(Fraction(1, 50), clock, 200, threads=threads)
    assert len(clock.starts) == 400
    # A thread may begin only after another one has slept for the next start: the others are then later, never earlier.
    assert clock.now >= 8


def test_two_thousand_objects_at_fifty_a_second_take_forty_seconds() -> None:
    clock = Clock()
    for _ in range(10):
        run_at(Fraction(1, 50), clock, 200, threads=1)
    assert most_in_a_second(clock.starts) == 50
    assert clock.now >= 40


@pytest.mark.parametrize("max_concurrency", [1, 4, 40, 100])
def test_a_run_as_the_settings_split_it_keeps_the_rate_over_all_children(max_concurrency: int) -> None:
    limit = rate_limit(50, max_concurrency=max_concurrency, max_items_per_batch=100, timeout_seconds=240)
    assert limit
    interval, slots = Fraction(limit.interval_seconds), limit.max_concurrency
    children = [[Fraction(0)] * limit.max_items_per_batch for _ in range(2_000 // limit.max_items_per_batch)]
    starts = list(
        heapq.merge(*(starts_of_a_slot(Fraction(0), interval, children[slot::slots]) for slot in range(slots)))
    )
    assert len(starts) == 2_000
    assert most_in_a_second(starts) <= 50
    # From the first start to the end of the wait after the last one.
    assert 40 <= starts[-1] + interval <= 50


def test_a_batch_that_failed_keeps_the_rate_too() -> None:
    clock = Clock()
    with pytest.raises(BatchFailed):
        run_at(Fraction(1), clock, 1, threads=1, fails=True)
    assert clock.now == 1


def test_keys_that_are_not_started_near_the_deadline_are_pending() -> None:
    s3, clock = FakeS3(), Clock()
    _, outcomes = run_batch(
        [f"{number}" for number in range(40)],
        source=Bucket(s3.client, "source", s3.owner),
        process=lambda _: None,
        threads=4,
        invocation=invocation_of(lambda: float(20 - clock.now)),
        pace=clock.pace(Fraction(1)),
    )
    kinds = [outcome["Outcome"] for outcome in outcomes]
    assert kinds[:15] == ["Succeeded"] * 15
    assert kinds[25:] == ["Pending"] * 15
