"""A review says when a change makes it advisable to process everything again."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from environments.files import load
from environments.select import SelectSettings
from mapspan.review.changes.plan import read_plan
from mapspan.review.changes.start_over import reasons_to_start_over
from mapspan.review.iam.simulator import Simulator
from mapspan.review.review import render_review, review_plan
from tests.fixtures.recorded_plans import recorded_plan

INCREMENTAL = load("local").model_copy(update={"select": SelectSettings(changed_since="last-success")})


def changed(address: str, *, incremental: bool = True, **after: Any) -> Any:
    """The plan that changes one resource of a deployment, whose machine records each success if `incremental`."""
    plan = copy.deepcopy(recorded_plan("nothing"))
    for entry in plan["resource_changes"]:
        change = entry["change"]
        if entry["type"] == "aws_sfn_state_machine" and incremental:
            definition = json.loads(change["before"]["definition"])
            definition["States"]["RecordSuccess"] = {"Type": "Succeed"}
            definition["States"]["CheckInput"] = {"Type": "Choice", "Assign": {"select": "{% [] %}"}}
            text = json.dumps(definition)
            change |= {
                "before": change["before"] | {"definition": text},
                "after": change["after"] | {"definition": text},
            }
        if entry["address"] == address:
            new = {name: value(change["after"]) if callable(value) else value for name, value in after.items()}
            change |= {"actions": ["update"], "after": change["after"] | new}
    return plan


def with_selection(attributes: dict[str, Any]) -> str:
    definition = json.loads(attributes["definition"])
    definition["States"]["CheckInput"]["Assign"]["select"] = '{% [{"suffixes":[".jpg"]}] %}'
    return json.dumps(definition)


MACHINE, WORKER = "aws_sfn_state_machine.state_machine", "aws_lambda_function.process_objects"


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (changed(WORKER, source_code_hash="another"), "the job changes"),
        (changed(MACHINE, definition=with_selection), "the selection changes"),
    ],
)
def test_a_changed_job_or_selection_is_a_reason(plan: Any, words: str, simulator: Simulator) -> None:
    [reason] = reasons_to_start_over(read_plan(plan), INCREMENTAL)
    assert reason.startswith(words)
    review = review_plan(INCREMENTAL, plan, simulator=simulator)
    assert "`mapspan run local --everything` is advisable" in render_review(review, "markdown")


@pytest.mark.parametrize(
    "plan",
    [
        changed(WORKER, memory_size=2048),
        changed("aws_lambda_function.list_objects", source_code_hash="another"),
        changed(WORKER, incremental=False, source_code_hash="another"),
    ],
)
def test_nothing_else_is_a_reason(plan: Any) -> None:
    assert reasons_to_start_over(read_plan(plan), INCREMENTAL) == []


def test_an_environment_whose_runs_process_everything_has_no_reason() -> None:
    plan = read_plan(changed(WORKER, source_code_hash="another"))
    assert reasons_to_start_over(plan, load("local")) == []
