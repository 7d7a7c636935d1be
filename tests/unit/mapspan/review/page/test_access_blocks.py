"""The sentence below a table without changes: "nobody" is said only where everything was read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from environments.files import load
from mapspan.review.iam.simulator import Simulator
from mapspan.review.plan_review import PlanReview
from mapspan.review.review import render_review, review_plan
from tests.fixtures.recorded_plans import recorded_plan

NOBODY = "Nobody gains or loses access"
POLICY = "aws_s3_bucket_policy.source_access_bucket_policy"


def review_of_change(simulator: Simulator, entry: dict[str, Any]) -> PlanReview:
    """The review of a plan that does one thing."""
    plan_json = recorded_plan("nothing")
    entries = [other for other in plan_json["resource_changes"] if other["address"] != entry["address"]]
    plan_json["resource_changes"] = [*entries, {"mode": "managed", **entry}]
    return review_plan(load("local"), plan_json, simulator=simulator)


def policy_entry(**fields: Any) -> dict[str, Any]:
    """The source bucket's policy with one more statement, which allows nothing by itself."""
    (entry,) = (entry for entry in recorded_plan("nothing")["resource_changes"] if entry["address"] == POLICY)
    before = entry["change"]["before"]
    document = json.loads(before["policy"])
    document["Statement"].append(
        {"Effect": "Deny", "Principal": "*", "Resource": "arn:aws:s3:::landing-zone", **fields}
    )
    return {
        **entry,
        "change": {"actions": ["update"], "before": before, "after": {**before, "policy": json.dumps(document)}},
    }


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        (
            {
                "address": "aws_cloudwatch_dashboard.x",
                "type": "aws_cloudwatch_dashboard",
                "change": {"actions": ["create"], "before": None, "after": {"dashboard_name": "x"}},
            },
            NOBODY,
        ),
        (
            {
                "address": "aws_lambda_function_url.x",
                "type": "aws_lambda_function_url",
                "change": {
                    "actions": ["create"],
                    "before": None,
                    "after": {"function_name": "f", "authorization_type": "NONE"},
                },
            },
            "doesn't prove that nobody gains access",
        ),
        (
            policy_entry(Action="s3:PutBucketAcl", Condition={"NumericLessThan": {"s3:TlsVersion": 1.2}}),
            "Nobody gains access to a bucket or key of either account. Statements get narrower",
        ),
    ],
)
def test_nobody_is_said_only_if_nothing_is_undecided_wider_or_narrower(
    simulator: Simulator, entry: dict[str, Any], sentence: str
) -> None:
    text = render_review(review_of_change(simulator, entry), "markdown")
    assert sentence in text
    assert (NOBODY in text) is (sentence == NOBODY)


def test_what_is_not_decided_is_on_the_first_screen_and_in_the_json(simulator: Simulator) -> None:
    address = "aws_s3_bucket_acl.x"
    change = {"actions": ["create"], "before": None, "after": {"bucket": "landing-zone", "acl": "public-read"}}
    review = review_of_change(simulator, {"address": address, "type": "aws_s3_bucket_acl", "change": change})
    first_screen = render_review(review, "markdown").splitlines()[:10]
    assert any(address in line and "ACL" in line for line in first_screen)
    (undecided,) = json.loads(render_review(review, "json"))["access_not_decided_for"]
    assert undecided["subject"] == address
