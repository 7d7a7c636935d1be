"""The permissions of a role: one `aws_iam_role_policy` per need, never inline on the role.

A policy of its own may name what uses the role, which inline would be a cycle.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cdktf
from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy import IamRolePolicy
from constructs import Construct

from modules.statements import Statements
from modules.terraform_template import json_literal


def policy_json(statements: Statements) -> str:
    """A policy document of `statements`."""
    return json_literal({"Version": "2012-10-17", "Statement": list(statements)})


def grant(
    scope: Construct,
    role: IamRole,
    needs: Mapping[str, Statements],
    *,
    after: Sequence[cdktf.ITerraformDependable] = (),
    provider: cdktf.TerraformProvider | None = None,
) -> list[IamRolePolicy]:
    """Give `role` each need's statements as a policy named after the need, at `<scope>_<need>`, made after `after`."""
    return [
        IamRolePolicy(
            scope,
            need,
            name=need,
            role=role.name,
            policy=policy_json(statements),
            depends_on=list(after) or None,
            provider=provider,
        )
        for need, statements in needs.items()
    ]
