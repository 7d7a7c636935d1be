"""Both accounts as a plan has them, and what of them it doesn't tell."""

from __future__ import annotations

import pytest

from environments.files import load
from mapspan.review.changes import plan as plans
from mapspan.review.who_may.world import world
from tests.fixtures import recorded_plans as recorded

KEY = "arn:aws:kms:us-east-1:{}:key/9f0d3b1c-0000-4000-8000-00000000000{}"


@pytest.mark.parametrize(
    ("name", "untold"),
    [
        ("nothing", set()),
        ("replaced", set()),
        ("merge", {"landing-zone"}),
        ("keys", {KEY.format("111111111111", 1), KEY.format("222222222222", 2)}),
    ],
)
def test_a_policy_that_others_may_have_a_say_in_is_not_told(name: str, untold: set[str]) -> None:
    found = world(plans.read(recorded.plan(name)), "after", load("local"))
    assert found.untold == untold


def test_a_grant_is_a_statement_of_its_key() -> None:
    keys = world(plans.read(recorded.plan("keys")), "after", load("local")).accounts.resource_policies
    grant, delegation = keys[KEY.format("222222222222", 2)]["Statement"]
    assert grant["Principal"] == {"AWS": "arn:aws:iam::111111111111:role/mapspan-local-process-objects"}
    assert grant["Action"] == ["kms:Decrypt"]
    assert delegation["Principal"] == {"AWS": "arn:aws:iam::222222222222:root"}
