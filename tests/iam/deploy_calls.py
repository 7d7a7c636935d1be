"""The calls of a deploy, as the local cloud's IAM was asked about them: `deploy_calls.json`.

`python -m tests.iam.record_deploy_calls` makes it anew.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

from environments.environment import Environment
from mapspan.deploying.bootstrap import Deployers

FILE = Path(__file__).parent / "deploy_calls.json"
KEY_ID = re.compile(r"(?<=:key/)[0-9a-f-]{36}$")
# Known of whoever asks: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
NEEDS_NO_PERMISSION = "sts:GetCallerIdentity"
DEPLOY_ROLE = "mapspan-deploy"

Recorded = dict[str, dict[str, list[str]]]
"""By "target" and "source", the resources of each action."""


def with_deploy_roles(environment: Environment, name: str = DEPLOY_ROLE) -> Environment:
    """The environment as bootstrap wants it: with a deploy role in each account."""

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
    """The local cloud's provider comes to each account as its root."""
    accounts = (environment.target.account_id, environment.source.account_id)
    return Deployers(principals=[f"arn:aws:iam::{account_id}:root" for account_id in accounts])


def read(lines: Iterable[str], environment: Environment) -> Recorded:
    """What the deploy roles asked for, of the lines that `local_cloud.patches.decisions` wrote; keys as `key/0`."""
    sides = {environment.target.account_id: "target", environment.source.account_id: "source"}
    found: dict[str, dict[str, set[str]]] = {side: {} for side in sides.values()}
    for line in lines:
        decided = json.loads(line)
        _, _, _, _, account_id, session = decided["principal"].split(":")
        if session.split("/")[1] == DEPLOY_ROLE and decided["action"] != NEEDS_NO_PERMISSION:
            resource = KEY_ID.sub("0", decided["resource"])
            found[sides[account_id]].setdefault(decided["action"], set()).add(resource)
    return {side: {action: sorted(calls[action]) for action in sorted(calls)} for side, calls in found.items()}


def recorded(phase: str) -> Recorded:
    """What was recorded of a "deploy", from the first apply to the destroy, or of a "plan"."""
    found: dict[str, Recorded] = json.loads(FILE.read_text(encoding="utf-8"))
    return found[phase]
