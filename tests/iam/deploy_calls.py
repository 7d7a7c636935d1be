"""The calls of a deploy that the local cloud's IAM decided: `deploy_calls.json`.

`python -m tests.iam.record_deploy_calls` records them again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

from environments.environment import Environment
from mapspan.deploying.deployers import Deployers

FILE = Path(__file__).parent / "deploy_calls.json"
# The id of a key, and the hash of code.
VARYING = re.compile(r"(?<=:key/)[0-9a-f-]{36}$|(?<=/code/)[0-9a-f]{64}(?=\.zip$)")
# Anyone may call it: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
NEEDS_NO_PERMISSION = "sts:GetCallerIdentity"
DEPLOY_ROLE = "mapspan-deploy"

DeployCalls = dict[str, dict[str, list[str]]]
"""By "target" and "source", the resources of each action."""


def with_deploy_roles(environment: Environment, name: str = DEPLOY_ROLE) -> Environment:
    """The environment as bootstrap needs it: with a deploy role in each account."""

    def role(account_id: str) -> dict[str, str]:
        return {"deploy_role_arn": f"arn:aws:iam::{account_id}:role/{name}"}

    target, source = environment.target, environment.source
    return environment.model_copy(
        update={
            "target": target.model_copy(update=role(target.account_id)),
            "source": source.model_copy(update=role(source.account_id)),
        }
    )


def trusted(environment: Environment) -> Deployers:
    """The principals that the deploy roles trust: the local cloud's provider calls as each account's root."""
    target, source = (f"arn:aws:iam::{account.account_id}:root" for account in (environment.target, environment.source))
    return Deployers(principals=[target], source_principals=[source], allow_account=True)


def read_decisions(lines: Iterable[str], environment: Environment) -> DeployCalls:
    """The deploy roles' calls in the lines of `local_cloud.patches.decisions`.

    The id of a key and the hash of code are written as 0.
    """
    sides = {environment.target.account_id: "target", environment.source.account_id: "source"}
    calls: dict[str, dict[str, set[str]]] = {side: {} for side in sides.values()}
    for line in lines:
        decision = json.loads(line)
        _, _, _, _, account_id, session = decision["principal"].split(":")
        if session.split("/")[1] == DEPLOY_ROLE and decision["action"] != NEEDS_NO_PERMISSION:
            resource = VARYING.sub("0", decision["resource"])
            calls[sides[account_id]].setdefault(decision["action"], set()).add(resource)
    return {
        side: {action: sorted(resources[action]) for action in sorted(resources)} for side, resources in calls.items()
    }


def recorded_calls(phase: str) -> DeployCalls:
    """The recorded calls of a "deploy", from the first apply to the destroy, of a "plan", or of a "company".

    The last are the calls of an environment with every company setting, from the apply to the destroy.
    """
    phases: dict[str, DeployCalls] = json.loads(FILE.read_text(encoding="utf-8"))
    return phases[phase]


def unrecorded(calls: DeployCalls, known: DeployCalls) -> set[str]:
    """The calls that are not in a recording."""
    return {
        f"{side} {action} {resource}"
        for side, actions in calls.items()
        for action, resources in actions.items()
        for resource in resources
        if resource not in known[side].get(action, [])
    }
