"""What the first screen says of imports, moves, actions, what is forgotten, and what a plan leaves out."""

from __future__ import annotations

from typing import Any

import pytest

from environments.files import load
from mapspan.review.iam.simulator import Simulator
from mapspan.review.page.first_screen import first_screen
from mapspan.review.page.markdown import markdown
from mapspan.review.review import review_plan
from tests.fixtures.recorded_plans import recorded_plan

BUCKET = "aws_s3_bucket.runs_bucket"


def screen(plan_json: dict[str, Any], simulator: Simulator) -> str:
    return markdown(list(first_screen(review_plan(load("local"), plan_json, simulator=simulator))))


def plan_of_bucket(*actions: str, **fields: Any) -> dict[str, Any]:
    """A plan that does something to the runs bucket only."""
    plan_json = recorded_plan("nothing")
    (entry,) = (entry for entry in plan_json["resource_changes"] if entry["address"] == BUCKET)
    change = {**entry["change"], "actions": list(actions or ("no-op",)), **fields.pop("change", {})}
    entry |= {**fields, "change": change}
    return plan_json


@pytest.mark.parametrize(
    ("plan_json", "sentences"),
    [
        (
            plan_of_bucket(change={"importing": {"id": "runs"}}),
            ["1 to import", f"- `{BUCKET}`, which is `runs`"],
        ),
        (
            plan_of_bucket(previous_address="aws_s3_bucket.old"),
            ["1 to move", f"- `aws_s3_bucket.old` is now `{BUCKET}`"],
        ),
        (
            plan_of_bucket("create", "forget"),
            ["1 to forget, 1 to create", "**Forgotten**: these stay in AWS", f"- `{BUCKET} (old object)`"],
        ),
        (plan_of_bucket("delete", "create", action_reason="replace_because_tainted"), ["because it is tainted"]),
        (plan_of_bucket("delete", deposed="1f"), [f"destroy `{BUCKET} (deposed object 1f)`"]),
        (
            {**recorded_plan("nothing"), "complete": False},
            ["an incomplete plan, in which nothing changes", "**This plan is not complete**"],
        ),
        (
            {
                **recorded_plan("nothing"),
                "deferred_changes": [
                    {"reason": "absent_prereq", "resource_change": {"address": "a.b", "type": "a", "change": {}}}
                ],
            },
            ["**This plan is not complete**", "- `a.b` is deferred: something that it needs doesn't exist yet"],
        ),
        (
            {
                **recorded_plan("nothing"),
                "action_invocations": [
                    {
                        "address": "action.x.y",
                        "lifecycle_action_trigger": {
                            "triggering_resource_address": BUCKET,
                            "action_trigger_event": "AfterCreate",
                        },
                    },
                    {"address": "action.x.z"},
                ],
            },
            [
                "2 actions to run",
                f"- `action.x.y` after `{BUCKET}` is created",
                "- `action.x.z` once, as the command line asks",
            ],
        ),
    ],
    ids=["import", "move", "forget and create", "tainted", "deposed", "incomplete", "deferred", "actions"],
)
def test_each_unusual_change_is_on_the_first_screen(
    plan_json: dict[str, Any], sentences: list[str], simulator: Simulator
) -> None:
    text = screen(plan_json, simulator)
    assert [sentence for sentence in sentences if sentence not in text] == []
