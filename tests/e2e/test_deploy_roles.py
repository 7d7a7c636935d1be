"""The roles from bootstrap deploy the environment of the whole floor; here one permission is missing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mapspan.checkout import ROOT, CommandError
from tests.e2e.conftest import Cloud
from tests.iam.deploy_calls import DEPLOY_ROLE, FILE, read_decisions, recorded_calls

LOG_GROUP = "aws_cloudwatch_log_group.list_objects_log_group"


def test_the_deploy_makes_only_calls_that_the_roles_are_proved_with(cloud: Cloud, decisions: Path) -> None:
    calls = read_decisions(decisions.read_text().splitlines(), cloud.deployment.environment)
    known = recorded_calls("deploy")
    assert len(calls["target"]) > 50
    unknown = {
        f"{side} {action} {resource}"
        for side, actions in calls.items()
        for action, resources in actions.items()
        for resource in resources
        if resource not in known[side].get(action, [])
    }
    assert unknown == set(), f"{FILE.name} is out of date: run python -m tests.iam.record_deploy_calls"


def explained(error: str) -> list[str]:
    """The messages in docs/troubleshooting.md that an error holds; their … stands for anything."""
    rows = re.findall(r"^\| `([^`]+)` \|", (ROOT / "docs" / "troubleshooting.md").read_text(), re.MULTILINE)
    words = " ".join(error.split())
    return [row for row in rows if re.search(".*".join(map(re.escape, row.split("…"))), words)]


def test_without_one_permission_the_apply_fails_with_a_message_that_the_docs_explain(cloud: Cloud) -> None:
    with cloud.without_role_policy(DEPLOY_ROLE, "logs"), pytest.raises(CommandError) as failed:
        cloud.local.terraform.apply(LOG_GROUP)
    assert "not authorized to perform: logs:DescribeLogGroups" in str(failed.value)
    assert explained(str(failed.value))
