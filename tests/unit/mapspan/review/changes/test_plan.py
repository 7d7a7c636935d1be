"""What is withheld in a plan, and what is no plan."""

from __future__ import annotations

import json
from typing import Any

import pytest

from environments.files import load
from mapspan.checkout import CommandError
from mapspan.review.changes import plan as plans
from mapspan.review.changes.policies import policies
from mapspan.review.changes.withheld import UNKNOWN, Sensitive
from mapspan.review.iam.simulator import Simulator
from mapspan.review.page.chapters import chapters
from mapspan.review.page.markdown import markdown
from mapspan.review.review import review
from tests.fixtures import recorded_plans as recorded

SECRET = "hunter2-and-more"


def with_changes(*changes: dict[str, Any]) -> dict[str, Any]:
    base = recorded.plan("nothing")
    return {**base, "resource_changes": [*base["resource_changes"], *changes]}


def secret_change(before: str, after: str) -> dict[str, Any]:
    marks = {"secret_string": True, "tags": {"owner": True}, "rules": [{}, {"value": True}]}
    return {
        "address": "aws_secretsmanager_secret_version.token",
        "mode": "managed",
        "type": "aws_secretsmanager_secret_version",
        "change": {
            "actions": ["update"],
            "before": {
                "secret_string": before,
                "tags": {"owner": before},
                "rules": [{"value": "a"}, {"value": before}],
            },
            "after": {"secret_string": after, "tags": {"owner": before}, "rules": [{"value": "b"}, {"value": after}]},
            "after_unknown": {"version_id": True},
            "before_sensitive": marks,
            "after_sensitive": marks,
        },
    }


def test_what_is_sensitive_is_told_to_change_and_never_shown(simulator: Simulator) -> None:
    found = review(load("local"), with_changes(secret_change(SECRET, SECRET + "!")), simulator=simulator)
    said = markdown(chapters(found)) + json.dumps(found.as_json())
    assert SECRET not in said
    assert SECRET not in repr(found.plan)
    (change,) = found.plan.effective
    names = {name: (was, becomes) for name, was, becomes in change.changed_attributes()}
    assert isinstance(names["secret_string"][0], Sensitive)
    assert names["rules"][0][0] != names["rules"][1][0]
    assert "tags" not in names
    assert "- secret_string = (sensitive)\n+ secret_string = (sensitive)" in said.replace('"', "")


def test_a_sensitive_policy_is_said_to_be_one(simulator: Simulator) -> None:
    shown = recorded.plan("widened")
    (entry,) = (each for each in shown["resource_changes"] if each["change"]["actions"] == ["update"])
    entry["change"] |= {"before_sensitive": {"policy": True}, "after_sensitive": {"policy": True}}
    said = markdown(chapters(review(load("local"), shown, simulator=simulator)))
    assert "`aws_s3_bucket_policy.source_access_bucket_policy` bucket policy: (sensitive)" in said
    assert "333333333333" not in said


def test_references_to_roles_are_resolved_and_what_else_is_unknown_stays_so() -> None:
    shown = recorded.plan("first")
    address = "aws_s3_bucket_policy.source_access_bucket_policy"
    (source,) = (each for each in policies(plans.read(shown), "after") if each.address == address)
    assert [each["Principal"]["AWS"] for each in source.statements] == [
        f"arn:aws:iam::111111111111:role/mapspan-local-{name}" for name in ("list-objects", "process-objects")
    ]
    (configured,) = (each for each in shown["configuration"]["root_module"]["resources"] if each["address"] == address)
    policy = configured["expressions"]["policy"]
    policy["constant_value"] = policy["constant_value"].replace("list_objects_role.arn", "list_objects_role.unique_id")
    (source,) = (each for each in policies(plans.read(shown), "after") if each.address == address)
    assert source.document == UNKNOWN


def test_merged_statements_that_get_wider_are_flagged_as_those_of_an_own_policy(simulator: Simulator) -> None:
    shown = recorded.plan("merge")
    (entry,) = (each for each in shown["resource_changes"] if each["type"] == "aws_lambda_invocation")
    before = entry["change"]["after"]
    after = {**before, "input": before["input"].replace("landing-zone/2026/*", "landing-zone/*")}
    entry["change"] |= {"actions": ["update"], "before": before, "after": after}
    found = review(load("local"), shown, simulator=simulator)
    (wider,) = (each for each in found.wider if each.policy.address == entry["address"])
    assert (wider.sid, wider.policy.owner) == ("MapspanLocalReadSourceObjects", "landing-zone")
    assert wider.wider == ["new wildcard in resource `arn:aws:s3:::landing-zone/*`"]


def test_what_is_gone_from_the_configuration_is_placed_by_what_it_says() -> None:
    shown = recorded.plan("merge")
    (gone,) = (each for each in plans.read(shown, bucket_accounts={"landing-zone": "222222222222"}).effective[:1])
    assert (gone.action, gone.type, gone.account_id) == ("delete", "aws_s3_bucket_policy", "222222222222")
    assert plans.read(shown).effective[0].account_id is None

    shown = recorded.plan("nothing")
    shown["configuration"]["root_module"]["resources"] = []
    for entry in shown["resource_changes"]:
        entry["change"] |= {"actions": ["delete"], "after": None}
    accounts = {
        change.account_id
        for change in plans.read(shown).changes
        if change.type in ("aws_iam_role", "aws_iam_role_policy", "aws_lambda_function", "aws_sfn_state_machine")
    }
    assert accounts == {"111111111111"}


def test_what_changed_outside_is_said_where_the_plan_changes_it_back() -> None:
    shown = recorded.plan("widened")
    (entry,) = (each for each in shown["resource_changes"] if each["change"]["actions"] == ["update"])
    before = entry["change"]["before"]
    shown["resource_drift"] = [{**entry, "change": {"before": before | {"computed": "a"}, "after": before}}]
    assert plans.read(shown).drifted == []
    shown["resource_drift"] = [{**entry, "change": {"before": before | {"policy": "{}"}, "after": before}}]
    assert plans.read(shown).drifted == [entry["address"]]


@pytest.mark.parametrize(
    ("shown", "why"),
    [
        ({}, "no plan of terraform's"),
        ({"format_version": "1.0", "values": {}}, "no plan of terraform's"),
        ({"format_version": "1.2", "planned_values": {}, "errored": True}, "ended in an error"),
    ],
)
def test_what_is_no_whole_plan_is_refused(shown: dict[str, Any], why: str) -> None:
    with pytest.raises(CommandError, match=why):
        plans.read(shown)
