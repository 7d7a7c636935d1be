"""The order of the unit tests."""

from __future__ import annotations

import pytest

# They take longest, and begin first, so that no worker waits for the other one in the end.
FIRST = ("test_widenings", "test_listing", "test_users_checkout", "test_proofs")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files begin in the order of their tests, with --no-loadscope-reorder."""
    places = {name: place for place, name in enumerate(FIRST)}
    items.sort(key=lambda item: places.get(item.path.stem, len(FIRST)))
