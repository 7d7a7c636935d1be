"""Both accounts as a plan shows them, and which policies it shows in part only."""

from __future__ import annotations

import pytest

from environments.files import load
from mapspan.review.changes.plan import read_plan
from mapspan.review.changes.policies import read_policies
from mapspan.review.who_may.planned_accounts import PlannedAccounts, planned_accounts
from tests.fixtures.recorded_plans import recorded_plan

KEY = "arn:aws:kms:us-east-1:{}:key/9f0d3b1c-0000-4000-8000-00000000000{}"


def accounts_after(name: str) -> PlannedAccounts:
    plan = read_plan(recorded_plan(name))
    return planned_accounts(plan, read_policies(plan), "after", load("local"))


@pytest.mark.parametrize(
    ("name", "partly_known"),
    [
        ("nothing", set()),
        ("replaced", set()),
        ("merge", {"landing-zone"}),
        ("keys", {KEY.format("111111111111", 1), KEY.format("222222222222", 2)}),
    ],
)
def test_a_policy_that_may_have_statements_of_others_is_partly_known(name: str, partly_known: set[str]) -> None:
    assert accounts_after(name).partly_known == partly_known


def test_a_grant_is_a_statement_of_its_key() -> None:
    keys = accounts_after("keys").accounts.resource_policies
    grant, delegation = keys[KEY.format("222222222222", 2)]["Statement"]
    assert grant["Principal"] == {"AWS": "arn:aws:iam::111111111111:role/mapspan-local-process-objects"}
    assert grant["Action"] == ["kms:Decrypt"]
    assert delegation["Principal"] == {"AWS": "arn:aws:iam::222222222222:root"}
