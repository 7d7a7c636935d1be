"""The roles of bootstrap's templates, as the simulator takes them."""

from __future__ import annotations

from environments.environment import Environment
from mapspan.deploying.bootstrap import stacks
from mapspan.deploying.deployers import Deployers
from mapspan.review.iam.accounts import Document, Role


def bootstrap_roles(environment: Environment, deployers: Deployers) -> dict[str, Role]:
    """Both accounts' roles by their ARNs."""
    roles: dict[str, Role] = {}
    for stack in stacks(environment, deployers):
        for resource in stack.template["Resources"].values():
            if resource["Type"] == "AWS::IAM::Role":
                role = resource["Properties"]
                arn = f"arn:aws:iam::{stack.location.account_id}:role{role['Path']}{role['RoleName']}"
                policies: dict[str, Document] = {
                    policy["PolicyName"]: policy["PolicyDocument"] for policy in role["Policies"]
                }
                roles[arn] = Role(policies=policies, trust=role["AssumeRolePolicyDocument"])
    return roles
