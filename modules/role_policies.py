"""The permissions of a role: one `aws_iam_role_policy` per need, never inline on the role.

A policy of its own may name what uses the role, which inline would be a cycle.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy import IamRolePolicy
from constructs import Construct

from modules.terraform_template import literal

Statements = Sequence[Mapping[str, Any]]


def policy_json(statements: Statements) -> str:
    """A policy document; `${…}` in it would be Terraform's, so IAM's own policy variables are not supported."""
    return literal(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}))


def grant(scope: Construct, role: IamRole, needs: Mapping[str, Statements]) -> list[IamRolePolicy]:
    """Give `role` each need's statements as a policy named after the need, at `<scope>_<need>`."""
    return [
        IamRolePolicy(scope, need, name=need, role=role.name, policy=policy_json(statements))
        for need, statements in needs.items()
    ]
