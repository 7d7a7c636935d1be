"""The function accepts the longest batch that the settings allow, whatever its keys are."""

from __future__ import annotations

import pytest

from environments.settings import MAX_ITEMS_PER_BATCH
from lambdas.process_objects.outcome import (
    ENVELOPE_BYTES,
    MAX_RESPONSE_BYTES,
    SMALLEST_SHARE_BYTES,
    Outcome,
    failed,
    fit,
    json_bytes,
    share_per_item,
    skipped,
)
from lambdas.shared.child_input import Item
from modules.asl.quotas import MAX_PAYLOAD_BYTES
from modules.pipeline.workflow.key_sources import MAX_INPUT_BYTES_PER_BATCH


@pytest.mark.parametrize("key_bytes", [1, 60, 200, 1024])
def test_the_longest_batch_leaves_each_item_its_share(key_bytes: int) -> None:
    line = len('{"Key":"",},') + key_bytes
    count = min(MAX_ITEMS_PER_BATCH, MAX_INPUT_BYTES_PER_BATCH // line)
    items: list[Item] = [{"Key": "k" * key_bytes} for _ in range(count)]
    assert share_per_item(items) >= SMALLEST_SHARE_BYTES


def test_the_limit_of_the_settings_is_the_functions_in_round_numbers() -> None:
    most = (MAX_RESPONSE_BYTES - MAX_INPUT_BYTES_PER_BATCH) // (ENVELOPE_BYTES + SMALLEST_SHARE_BYTES)
    assert most - 50 < MAX_ITEMS_PER_BATCH <= most


def test_the_functions_limit_is_that_of_a_childs_output() -> None:
    assert MAX_RESPONSE_BYTES == MAX_PAYLOAD_BYTES


@pytest.mark.parametrize("outcome", [failed("k", "E" * 48, "c" * 500), skipped("k", "r" * 500)])
def test_the_smallest_share_holds_a_cause_or_a_reason_and_the_request_id(outcome: Outcome) -> None:
    if outcome["Outcome"] == "Failed":
        outcome = {**outcome, "RequestId": "c0ffee00-1111-2222-3333-444444444444"}
    fitting = fit(outcome, SMALLEST_SHARE_BYTES)
    assert json_bytes(fitting) + len(", ") <= json_bytes("k") + ENVELOPE_BYTES + SMALLEST_SHARE_BYTES
    text = str(fitting["Cause"] if fitting["Outcome"] == "Failed" else fitting.get("Reason"))
    assert len(text) >= 45, "a short sentence, and a whole reason"
    assert fitting["Outcome"] == "Failed" or len(text) == 128
