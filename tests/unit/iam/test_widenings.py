"""The roles and policies allow what is expected and nothing else, and a statement that is too wide is noticed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from mapspan.review.iam.simulator import Simulator
from tests.iam.changed_accounts import with_fields
from tests.iam.deploy_accounts import DEPLOY, PLAN
from tests.iam.mutations.expectation import Expectation
from tests.iam.mutations.expectations import expectations
from tests.iam.mutations.neighbours import neighbours
from tests.iam.mutations.pipeline import pipelines
from tests.iam.mutations.table import expected_rows, written_rows
from tests.iam.mutations.widening import wider_patterns

EXPECTATIONS = {expectation.name: expectation for expectation in expectations()}
PLACE = "us-east-1:111111111111"


# Those of the pipeline's forms have proofs of their own, and take long: `python -m tests.iam.mutations` tries them.
@pytest.mark.parametrize("name", sorted(EXPECTATIONS.keys() - {pipeline.name for pipeline in pipelines()}))
def test_nothing_is_allowed_that_is_not_expected(simulator: Simulator, name: str) -> None:
    expectation = EXPECTATIONS[name]
    found = (one for owner in expectation.owners
             for one in expectation.surprises(simulator, owner, expectation.accounts))  # fmt: skip
    assert next(found, None) is None


def surprise(
    simulator: Simulator, expectation: Expectation, owner: str, sid: str, fields: Mapping[str, Any]
) -> str | None:
    accounts = with_fields(expectation.accounts, owner, sid, **fields)
    return next(expectation.surprises(simulator, owner, accounts), None)


@pytest.mark.parametrize(
    ("owner", "sid", "fields"),
    [
        (DEPLOY["target"], "KeepState", {"Resource": "arn:aws:s3:::mapspan-state/mapspan/*"}),
        (DEPLOY["target"], "ManageFunctions", {"Resource": f"arn:aws:lambda:{PLACE}:function:mapspan-local-*"}),
        (DEPLOY["target"], "ManageAlarms", {"Resource": f"arn:aws:cloudwatch:{PLACE}:alarm:*"}),
        (DEPLOY["target"], "ManageSchedules", {"Resource": f"arn:aws:scheduler:{PLACE}:schedule/*"}),
        (DEPLOY["target"], "BoundRoles", {"Condition": {}}),
        (DEPLOY["target"], "LeaveBoundariesAlone", {"Action": ["iam:DeletePolicy"]}),
        (DEPLOY["source"], "GrantKey", {"Condition": {}}),
        (PLAN["target"], "ReadState", {"Action": ["s3:GetObject", "s3:DeleteObject"]}),
        (PLAN["target"], "DeployRoles", {"Condition": {}}),
    ],
    ids=str,
)
def test_a_wider_statement_is_noticed(simulator: Simulator, owner: str, sid: str, fields: Mapping[str, Any]) -> None:
    assert surprise(simulator, EXPECTATIONS["deploy and plan roles"], owner, sid, fields)


def test_a_token_of_another_audience_is_noticed(simulator: Simulator) -> None:
    expectation, role = EXPECTATIONS["deploy and plan roles"], DEPLOY["target"]
    sub = {"token.actions.githubusercontent.com:sub": ["repo:team/pipelines:environment:local"]}
    assert surprise(simulator, expectation, role, "GitHub", {"Condition": {"StringEquals": sub}})


def test_the_table_has_every_statement_and_every_widening_of_today() -> None:
    written = written_rows()
    assert [row[:3] for row in written] == expected_rows(list(EXPECTATIONS.values()))
    assert [name for name, _, _, missed in written if missed] == []


def test_a_pattern_is_widened_step_by_step() -> None:
    assert list(wider_patterns(f"arn:aws:lambda:{PLACE}:function:a-*")) == [
        f"arn:aws:lambda:{PLACE}:function:a*",
        f"arn:aws:lambda:{PLACE}:function:*",
        f"arn:aws:lambda:{PLACE}:*",
        "arn:aws:lambda:*:111111111111:function:a-*",
        "arn:aws:lambda:us-east-1:*:function:a-*",
        "*",
    ]


def test_beside_a_resource_are_other_environments_accounts_and_regions() -> None:
    near = set(neighbours(f"arn:aws:lambda:{PLACE}:function:mapspan-local-list-objects"))
    assert near >= {
        f"arn:aws:lambda:{PLACE}:function:mapspan-local-2-list-objects",
        f"arn:aws:lambda:{PLACE}:function:mapspan-locally-list-objects",
        "arn:aws:lambda:us-east-1:999999999999:function:mapspan-local-list-objects",
        "arn:aws:lambda:eu-west-1:111111111111:function:mapspan-local-list-objects",
    }
