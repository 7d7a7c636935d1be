"""The policies of a role: one `aws_iam_role_policy` per need, never inline in the role.

A policy that is a resource of its own may name the resource that uses the role. Inline, that would be a cycle.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cdktf
from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy import IamRolePolicy
from constructs import Construct

from modules.location import Location
from modules.statements import Statements, policy_document
from modules.terraform_template import json_literal


def policy_json(statements: Statements) -> str:
    """A policy document of `statements`, as JSON."""
    return json_literal(policy_document(statements))


def service_role(
    scope: Construct,
    id_: str,
    *,
    name: str,
    location: Location,
    trust: Mapping[str, object],
    provider: cdktf.TerraformProvider | None = None,
) -> IamRole:
    """Create a role by the account's rules: its path and its permissions boundary."""
    return IamRole(
        scope,
        id_,
        name=name,
        assume_role_policy=json_literal(trust),
        path=None if location.role_path == "/" else location.role_path,
        permissions_boundary=location.permissions_boundary_arn,
        provider=provider,
    )


def grant(
    scope: Construct,
    role: IamRole,
    needs: Mapping[str, Statements],
    *,
    after: Sequence[cdktf.ITerraformDependable] = (),
    provider: cdktf.TerraformProvider | None = None,
) -> list[IamRolePolicy]:
    """Create a policy of `role` for each need, named after the need, once `after` exists."""
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
