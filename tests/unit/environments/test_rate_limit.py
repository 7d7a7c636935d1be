"""Children that keep to a rate together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from environments.rate_limit import LEAST_SHARE, RateLimit, rate_limit


def limit(objects_per_second: int, **changes: int) -> RateLimit | None:
    return rate_limit(
        objects_per_second, **{"max_concurrency": 100, "max_items_per_batch": 100, "timeout_seconds": 240, **changes}
    )


@pytest.mark.parametrize(
    ("objects_per_second", "changes", "expected"),
    [
        (50, {}, (50, 10, 1.0)),
        (200, {}, (100, 20, 0.5)),
        (10_000, {}, (100, 100, 0.01)),
        (50, {"max_concurrency": 40}, (25, 20, 0.5)),
        (99, {"max_concurrency": 50}, (49, 20, 0.5)),
        (300, {}, (100, 30, 0.333334)),
        (50, {"timeout_seconds": 4}, (50, 2, 1.0)),
        (50, {"timeout_seconds": 1}, (25, 1, 0.5)),
        (50, {"max_items_per_batch": 3}, (50, 3, 1.0)),
        (1, {}, (1, 10, 1.0)),
    ],
)
def test_concurrency_and_batches_are_lowered_to_the_rate(
    objects_per_second: int, changes: dict[str, int], expected: tuple[int, int, float]
) -> None:
    found = limit(objects_per_second, **changes)
    assert found
    assert (found.max_concurrency, found.max_items_per_batch, found.interval_seconds) == expected


def test_a_rate_at_which_one_object_does_not_fit_its_timeout_has_no_limit() -> None:
    assert limit(1, timeout_seconds=1) is None


@given(st.integers(1, 20_000), st.integers(1, 10_000), st.integers(1, 600), st.integers(2, 900))
def test_all_children_together_use_most_of_the_rate_and_never_more(
    rate: int, concurrency: int, items: int, timeout: int
) -> None:
    found = limit(rate, max_concurrency=concurrency, max_items_per_batch=items, timeout_seconds=timeout)
    assert found
    assert found.max_concurrency <= concurrency
    assert 1 <= found.max_items_per_batch <= items
    # The most starts that any second has at this distance.
    per_child = -(-1 // found.interval_seconds)
    assert LEAST_SHARE * rate <= found.max_concurrency * per_child <= rate
    assert found.max_items_per_batch * found.interval_seconds <= timeout / 2 + 0.001
