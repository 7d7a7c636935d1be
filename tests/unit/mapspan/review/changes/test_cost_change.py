"""The estimates of a review take the rate of the plan's own function."""

from __future__ import annotations

import copy
from typing import Any

from environments.files import load
from mapspan.review.changes.cost_change import cost_change
from mapspan.review.changes.plan import read_plan
from tests.fixtures.recorded_plans import recorded_plan


def with_interval(plan: Any, seconds: str) -> Any:
    """The plan, with the worker's least time between two objects after it."""
    plan = copy.deepcopy(plan)
    for entry in plan["resource_changes"]:
        if entry["address"] == "aws_lambda_function.process_objects":
            after = copy.deepcopy(entry["change"]["before"])
            after["environment"][0]["variables"]["OBJECT_INTERVAL_SECONDS"] = seconds
            entry["change"] |= {"actions": ["update"], "after": after}
    return plan


def test_a_rate_that_a_plan_adds_changes_the_estimate() -> None:
    plan = read_plan(with_interval(recorded_plan("nothing"), "1.0"))
    change = cost_change(plan, load("local"))
    assert change.before
    assert change.after
    assert "job.objects_per_second" not in change.before.processing.bound_by
    # local's children at once, one object per second each
    assert change.after.processing.bound_by == "job.objects_per_second = 4"
    assert change.after.processing.seconds > 1_000_000 / 4
