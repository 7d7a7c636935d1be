"""A redrive that AWS would refuse, or that would change nothing, is refused with what to do instead."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mapspan.running.redrive_refusal import refusal


def described(**fields: Any) -> dict[str, Any]:
    ended = datetime.now(UTC) - fields.pop("ago", timedelta(hours=1))
    return {"name": "night", "status": "FAILED", "stopDate": ended, "redriveStatus": "REDRIVABLE", **fields}


@pytest.mark.parametrize("status", ["FAILED", "TIMED_OUT", "ABORTED"])
def test_what_ended_badly_is_redriven(status: str) -> None:
    assert refusal(described(status=status, error="States.ExceedToleratedFailureThreshold"), "dev") is None


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"status": "SUCCEEDED"}, "succeeded, and AWS redrives no success, whatever failures it tolerated"),
        ({"ago": timedelta(days=15)}, "ended 15 days ago, and AWS redrives within 14"),
        ({"error": "TooManyFailedObjects"}, "failed by its verdict (TooManyFailedObjects)"),
        ({"redriveStatus": "NOT_REDRIVABLE", "redriveStatusReason": "too many events"}, "night: too many events"),
    ],
)
def test_what_is_not_redriven_is_retried_instead(fields: dict[str, Any], said: str) -> None:
    told = refusal(described(**fields), "dev")
    assert told is not None
    assert said in told
    assert "`mapspan retry dev night`" in told


def test_what_runs_is_not_redriven() -> None:
    assert refusal({"name": "night", "status": "RUNNING"}, "dev") == (
        "night is running: there is nothing to redrive before it ends"
    )
