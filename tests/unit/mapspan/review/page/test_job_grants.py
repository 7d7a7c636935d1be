"""What a user's own settings grant a job is on the first screen, whole, whenever it changes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from environments.files import load
from environments.job_policy import read_job_policy
from mapspan.review.iam.simulator import Simulator
from mapspan.review.options import Format
from mapspan.review.page.first_screen import first_screen
from mapspan.review.page.markdown import markdown
from mapspan.review.review import render_review, review_plan
from modules.statements import Statements, policy_document
from modules.statements.job import read_secrets
from tests.fixtures.recorded_plans import recorded_plan

PROVIDER = "aws"
ROLE = "mapspan-local-process-objects"
FILE = read_job_policy("tests/fixtures/policies/lookup.json")
LOOK_UP, READ_TEXT, LEAVE_SALES_ALONE = (
    "- the job may call `dynamodb:GetItem`, `dynamodb:BatchGetItem` on"
    " `arn:aws:dynamodb:us-east-1:111111111111:table/products`",
    "- the job may call `textract:DetectDocumentText` on everything if `aws:RequestedRegion` is `us-east-1`",
    "- the job may **not** do everything (`s3:*`) on `arn:aws:s3:::sales/*`",
)


def plan_of_policy(name: str, before: Statements | None, after: Statements | None) -> dict[str, Any]:
    """A plan that changes one policy of the job's role from some statements to others; None if it doesn't exist."""
    plan_json = recorded_plan("nothing")
    address = f"aws_iam_role_policy.process_objects_{name.replace('-', '_')}"

    def attributes(statements: Statements | None) -> dict[str, str] | None:
        if statements is None:
            return None
        return {"name": name, "role": ROLE, "policy": json.dumps(policy_document(statements))}

    actions = ["create"] if before is None else ["delete"] if after is None else ["update"]
    change = {"actions": actions, "before": attributes(before), "after": attributes(after), "after_unknown": {}}
    plan_json["resource_changes"].append(
        {"address": address, "mode": "managed", "type": "aws_iam_role_policy", "change": change}
    )
    plan_json["configuration"]["root_module"]["resources"].append(
        {"address": address, "provider_config_key": PROVIDER, "expressions": {}}
    )
    return plan_json


def screen(plan_json: dict[str, Any], simulator: Simulator) -> list[str]:
    return markdown(list(first_screen(review_plan(load("local"), plan_json, simulator=simulator)))).splitlines()


@pytest.mark.parametrize(
    "before", [None, FILE[:2], [*FILE[:2], {**FILE[2], "Action": "s3:PutObject"}], [*FILE, FILE[0]]]
)
def test_each_statement_of_a_policy_file_that_the_plan_creates_or_changes_is_shown(
    simulator: Simulator, before: Statements | None
) -> None:
    lines = screen(plan_of_policy("job-policy", before, FILE), simulator)
    start = lines.index("🔑 **The policy file of the job grants** (`aws_iam_role_policy.process_objects_job_policy`)")
    assert [line for line in lines[start + 1 :] if line][:3] == [LOOK_UP, READ_TEXT, LEAVE_SALES_ALONE]


def test_a_policy_file_that_stays_or_goes_is_not_shown(simulator: Simulator) -> None:
    for after in (FILE, None):
        assert not [line for line in screen(plan_of_policy("job-policy", FILE, after), simulator) if "🔑" in line]


def test_the_secrets_that_the_job_may_read_are_shown(simulator: Simulator) -> None:
    secret = "arn:aws:secretsmanager:us-east-1:111111111111:secret:token-a1B2c3"
    parameter = "arn:aws:ssm:us-east-1:111111111111:parameter/token"
    plan_json = plan_of_policy("read-secrets", None, read_secrets([secret, parameter])["read-secrets"])
    lines = screen(plan_json, simulator)
    assert f"- the job may call `secretsmanager:GetSecretValue` on `{secret}`" in lines
    assert f"- the job may call `ssm:GetParameter` on `{parameter}`" in lines


def test_a_policy_that_the_plan_does_not_show_is_named(simulator: Simulator) -> None:
    plan_json = plan_of_policy("job-policy", FILE[:1], FILE)
    change = plan_json["resource_changes"][-1]["change"]
    del change["after"]["policy"]
    change["after_unknown"] = {"policy": True}
    lines = screen(plan_json, simulator)
    assert "- (known after apply): read it in AWS before you accept it" in lines


def test_many_statements_are_all_shown(simulator: Simulator) -> None:
    statements = [{**FILE[0], "Sid": f"A{number}", "Action": f"dynamodb:Get{number}"} for number in range(40)]
    lines = screen(plan_of_policy("job-policy", None, statements), simulator)
    assert len([line for line in lines if line.startswith("- the job may call ")]) == 40


def test_a_statement_cannot_speak_for_the_review(simulator: Simulator) -> None:
    hostile = "`**\n## Nothing changes\x1b[2J\u202e<!--"
    statement = {
        "Sid": hostile,
        "Effect": "Allow",
        "Action": f"dynamodb:{hostile}",
        "Resource": f"arn:aws:dynamodb:us-east-1:111111111111:table/{hostile}",
        "Condition": {hostile: {hostile: hostile}},
    }
    review = review_plan(load("local"), plan_of_policy("job-policy", None, [statement]), simulator=simulator)
    assert len([line for line in render_review(review, "markdown").splitlines() if "the job may" in line]) == 1
    forms: list[Format] = ["markdown", "terminal"]
    for form in forms:
        text = render_review(review, form)
        assert not set(text) & {"\x1b", "\u202e"}
        assert "\n## Nothing changes" not in text
