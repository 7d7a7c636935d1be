"""Why an execution is not redriven, and what to do instead."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from modules.pipeline.workflow.names import ENDED_BEFORE_PROCESSING, VERDICTS

# https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html
REDRIVABLE_DAYS = 14


def refusal(described: Mapping[str, Any], environment: str) -> str | None:
    """One sentence, or None where a redrive goes on. `described` is DescribeExecution's answer."""
    name, status = described["name"], described["status"]
    retry = f"`mapspan retry {environment} {name}` runs the keys that failed or were never tried, in a new execution"
    if status == "RUNNING":
        return f"{name} is running: there is nothing to redrive before it ends"
    if status == "SUCCEEDED":
        return f"{name} succeeded, and AWS redrives no success, whatever failures it tolerated: {retry}"
    if reason := _final(described, environment, retry):
        return reason
    days = (datetime.now(UTC) - described["stopDate"]).days
    if days >= REDRIVABLE_DAYS:
        return f"{name} ended {days} days ago, and AWS redrives within {REDRIVABLE_DAYS}: {retry}"
    if described.get("redriveStatus") == "NOT_REDRIVABLE":
        return f"AWS does not redrive {name}: {described.get('redriveStatusReason', 'it says no more')}: {retry}"
    return None


def _final(described: Mapping[str, Any], environment: str, retry: str) -> str | None:
    """Why a state that ends a run would only end it again."""
    name, error = described["name"], described.get("error")
    if error in VERDICTS:
        return f"{name} failed by its verdict ({error}) after every key was tried: {retry}"
    if error in ENDED_BEFORE_PROCESSING:
        return f"{name} failed before any key was tried ({error}): `mapspan run {environment}` starts anew"
    return None
