"""The `local` environment with every setting of a company's rules, and what the company created before."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from environments.environment import Environment
from environments.files import load
from mapspan.deploying.bootstrap import stacks
from tests.iam.deploy_calls import trusted, with_deploy_roles

NAME_PREFIX = "acme"
# Everything but what leads to other permissions, as companies write them.
BOUNDARY: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {"Sid": "Services", "Effect": "Allow", "Action": "*", "Resource": "*"},
        {
            "Sid": "NoWayUp",
            "Effect": "Deny",
            "Action": ["iam:CreateUser", "iam:CreatePolicy*", "iam:*PermissionsBoundary"],
            "Resource": "*",
        },
    ],
}


def company_variant(rules: dict[str, Any]) -> Environment:
    """The environment with these rules; `merge` creates a function in the source account too.

    The deploy roles keep the names of the recordings, and have no path.
    """
    local = json.loads(with_deploy_roles(load("local")).model_dump_json(exclude_defaults=True))
    source = {**local["source"], "bucket_policy": "merge"}
    return Environment.model_validate_json(json.dumps({**local, "source": source, "company": rules}))


def company_rules(
    *, boundary_arns: tuple[str, str], key_arns: tuple[str, str], subnet_ids: list[str], security_group_id: str
) -> dict[str, Any]:
    """Every setting; the pairs are the target account's and the source account's."""
    accounts = {
        side: {"permissions_boundary_arn": boundary, "role_path": f"/acme/{side}/", "log_kms_key_arn": key}
        for side, boundary, key in zip(("target", "source"), boundary_arns, key_arns, strict=True)
    }
    vpc = {"subnet_ids": subnet_ids, "security_group_ids": [security_group_id]}
    return {"name_prefix": NAME_PREFIX, **accounts, "vpc": vpc}


def create_company(client: Callable[[str, str], Any]) -> Environment:
    """Create the boundaries, the log groups' keys and the VPC as each account's root; returns the environment.

    Args:
        client: a boto3 client of a service in an account.
    """
    local = load("local")
    target, source = local.target.account_id, local.source.account_id
    network = client("ec2", target)
    vpc_id = network.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]

    def boundary(account_id: str) -> str:
        created = client("iam", account_id).create_policy(
            PolicyName="company-boundary", PolicyDocument=json.dumps(BOUNDARY)
        )
        return str(created["Policy"]["Arn"])

    def key(account_id: str) -> str:
        return str(client("kms", account_id).create_key()["KeyMetadata"]["Arn"])

    subnets = [
        network.create_subnet(VpcId=vpc_id, CidrBlock=f"10.20.{number}.0/24")["Subnet"]["SubnetId"] for number in (1, 2)
    ]
    group = network.create_security_group(GroupName="functions", Description="mapspan's functions", VpcId=vpc_id)
    rules = company_rules(
        boundary_arns=(boundary(target), boundary(source)),
        key_arns=(key(target), key(source)),
        subnet_ids=subnets,
        security_group_id=group["GroupId"],
    )
    return company_variant(rules)


def bound_bootstrapped_roles(environment: Environment, client: Callable[[str, str], Any]) -> None:
    """Give bootstrap's roles their boundary, which MiniStack's CloudFormation leaves out."""
    for stack in stacks(environment, trusted(environment)):
        iam = client("iam", stack.location.account_id)
        for resource in stack.template["Resources"].values():
            if resource["Type"] == "AWS::IAM::Role":
                role = resource["Properties"]
                boundary = role["PermissionsBoundary"]
                iam.put_role_permissions_boundary(RoleName=role["RoleName"], PermissionsBoundary=boundary)
