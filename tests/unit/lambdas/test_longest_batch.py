"""The longest batch that the settings allow is one that the function takes, whatever its keys."""

from __future__ import annotations

import pytest

from environments.settings import MAX_ITEMS_PER_BATCH
from lambdas.process_objects.outcome import Item, share_of_each
from modules.pipeline.workflow.key_sources import MAX_INPUT_BYTES_PER_BATCH


@pytest.mark.parametrize("key_bytes", [1, 60, 200, 1024])
def test_the_function_takes_it(key_bytes: int) -> None:
    line = len('{"Key":"",},') + key_bytes
    count = min(MAX_ITEMS_PER_BATCH, MAX_INPUT_BYTES_PER_BATCH // line)
    items: list[Item] = [{"Key": "k" * key_bytes} for _ in range(count)]
    assert share_of_each(items) >= 128
