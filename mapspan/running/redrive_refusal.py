"""Why an execution can't be redriven, and what to do instead."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from modules.pipeline.workflow.names import ENDED_BEFORE_PROCESSING, VERDICTS

# https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html
REDRIVABLE_DAYS = 14


def redrive_refusal(description: Mapping[str, Any], environment: str) -> str | None:
    """One sentence, or None if the execution can be redriven. `description` is DescribeExecution's answer."""
    name, status = description["name"], description["status"]
    retry = f"`mapspan retry {environment} {name}` starts a new execution over the keys that failed or were never tried"
    if status == "RUNNING":
        return f"{name} is still running: only an execution that has ended can be redriven"
    if status == "SUCCEEDED":
        return f"{name} succeeded, and AWS does not redrive successful executions, even if keys failed: {retry}"
    if reason := _final_error(description, environment, retry):
        return reason
    days = (datetime.now(UTC) - description["stopDate"]).days
    if days >= REDRIVABLE_DAYS:
        return f"{name} ended {days} days ago, and AWS redrives only within {REDRIVABLE_DAYS} days: {retry}"
    if description.get("redriveStatus") == "NOT_REDRIVABLE":
        return f"AWS does not redrive {name}: {description.get('redriveStatusReason', 'AWS gives no reason')}: {retry}"
    return None


def _final_error(description: Mapping[str, Any], environment: str, retry: str) -> str | None:
    """Why a redrive would only repeat the state that ended the run; None if it would not."""
    name, error = description["name"], description.get("error")
    if error in VERDICTS:
        return f"{name} failed its verdict ({error}) after every key was tried: {retry}"
    if error in ENDED_BEFORE_PROCESSING:
        return f"{name} failed before any key was tried ({error}): `mapspan run {environment}` starts a new execution"
    return None
