from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_cloud.step_functions import payload
from local_cloud.step_functions.errors import StateFailure
from local_cloud.step_functions.item_batcher import inputs


def test_without_a_batcher_each_item_is_an_input() -> None:
    assert list(inputs(["a", "b"], None)) == [("a", 1), ("b", 1)]


def test_batches_hold_at_most_max_items_per_batch() -> None:
    batches = inputs(range(5), {"MaxItemsPerBatch": 2, "BatchInput": {"x": 1}})
    assert list(batches) == [
        ({"BatchInput": {"x": 1}, "Items": [0, 1]}, 2),
        ({"BatchInput": {"x": 1}, "Items": [2, 3]}, 2),
        ({"BatchInput": {"x": 1}, "Items": [4]}, 1),
    ]


@given(st.lists(st.text(max_size=30), max_size=60), st.integers(min_value=250, max_value=400))
def test_every_item_is_in_one_batch_and_no_batch_is_over_the_limit(keys: list[str], limit: int) -> None:
    items: list[Any] = [{"Key": key} for key in keys]
    batches = list(inputs(items, {"MaxInputBytesPerBatch": limit}))
    assert [item for batch, _ in batches for item in batch["Items"]] == items
    assert all(payload.size_bytes(batch) <= limit for batch, _ in batches)
    assert all(count == len(batch["Items"]) for batch, count in batches)


def test_batches_are_as_full_as_the_limit_allows() -> None:
    full, _ = next(inputs(["x" * 10] * 9, {"MaxInputBytesPerBatch": 62}))
    assert payload.size_bytes(full) == 50
    assert payload.size_bytes({"Items": [*full["Items"], "x" * 10]}) > 62


def test_a_batch_stays_within_256_kib_without_a_byte_limit() -> None:
    batches = list(inputs(["x" * 1000] * 400, {"MaxItemsPerBatch": 1000}))
    assert len(batches) == 2
    assert all(payload.size_bytes(batch) <= 256 * 1024 for batch, _ in batches)


def test_an_item_that_does_not_fit_in_a_batch_is_refused() -> None:
    with pytest.raises(StateFailure, match=r"States\.DataLimitExceeded"):
        list(inputs(["x" * 200], {"MaxInputBytesPerBatch": 100}))
    with pytest.raises(StateFailure, match=r"States\.DataLimitExceeded"):
        list(inputs(["x" * 256 * 1024], None))
