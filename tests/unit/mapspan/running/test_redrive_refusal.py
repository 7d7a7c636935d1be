"""A redrive that AWS would refuse, or that would change nothing, is refused with the command to use instead."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mapspan.running.redrive_refusal import redrive_refusal
from modules.pipeline.workflow.names import INVENTORY_STALE, TOO_MANY_FAILED_OBJECTS


def description(**fields: Any) -> dict[str, Any]:
    ended = datetime.now(UTC) - fields.pop("ago", timedelta(hours=1))
    return {"name": "night", "status": "FAILED", "stopDate": ended, "redriveStatus": "REDRIVABLE", **fields}


@pytest.mark.parametrize("status", ["FAILED", "TIMED_OUT", "ABORTED"])
def test_an_execution_that_did_not_succeed_is_redriven(status: str) -> None:
    assert redrive_refusal(description(status=status, error="States.ExceedToleratedFailureThreshold"), "dev") is None


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"status": "SUCCEEDED"}, "succeeded, and AWS does not redrive successful executions, even if keys failed"),
        ({"ago": timedelta(days=15)}, "ended 15 days ago, and AWS redrives only within 14 days"),
        ({"error": TOO_MANY_FAILED_OBJECTS}, "failed its verdict (TooManyFailedObjects)"),
        ({"redriveStatus": "NOT_REDRIVABLE", "redriveStatusReason": "too many events"}, "night: too many events"),
    ],
)
def test_the_refusal_names_the_retry_command(fields: dict[str, Any], words: str) -> None:
    refusal = redrive_refusal(description(**fields), "dev")
    assert refusal is not None
    assert words in refusal
    assert "`mapspan retry dev night`" in refusal


def test_a_running_execution_is_not_redriven() -> None:
    assert redrive_refusal({"name": "night", "status": "RUNNING"}, "dev") == (
        "night is still running: only an execution that has ended can be redriven"
    )


def test_a_run_that_ended_before_any_key_is_started_again() -> None:
    assert redrive_refusal(description(error=INVENTORY_STALE), "dev") == (
        "night failed before any key was tried (InventoryStale): `mapspan run dev` starts a new execution"
    )
