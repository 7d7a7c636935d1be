"""The target account's stack: the roles that deploy and plan, their boundary, and the key of the alarms' topic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from environments.environment import Environment
from mapspan.deploying.boundary import boundary_document
from mapspan.deploying.cloudformation_stack import CloudFormationStack, policy_resource, role_resource
from mapspan.deploying.deploy_roles import roles_of
from mapspan.deploying.deployers import Deployers
from modules.location import Location
from modules.pipeline import buckets
from modules.resource_names import alarm_topic
from modules.statements import Statements, deploy, policy_document
from modules.statements.alarms import encrypt_alarms
from modules.statements.trust import GitHub, trust_deployers

GITHUB = "token.actions.githubusercontent.com"


def target_stack(environment: Environment, deployers: Deployers) -> CloudFormationStack | None:
    """The stack; None if the settings name no deploy role and the alarms need no key."""
    resources: dict[str, Any] = {}
    if environment.target.deploy_role_arn is not None:
        resources |= _roles(environment, deployers)
    if environment.alarms.email is not None:
        resources |= _alarms_key(environment)
    if not resources:
        return None
    return CloudFormationStack(
        part="target",
        name=f"{environment.prefix}-deploy",
        location=buckets.target_location(environment),
        description=f"What {environment.prefix} is deployed with in the target account."
        + deployers.whole_accounts(deployers.principals),
        resources=resources,
    )


def _roles(environment: Environment, deployers: Deployers) -> dict[str, Any]:
    location, own = buckets.target_location(environment), roles_of(environment, environment.target)
    rules = environment.company.target
    partners = environment.source.deploy_role_arn and roles_of(environment, environment.source)
    deploy_needs = _needs(environment, location, own.boundary)
    plan_needs = deploy.reading(deploy_needs)
    if bucket := environment.state_backend.bucket:
        state_arn, key = location.bucket_arn(bucket), environment.state_key
        deploy_needs |= deploy.write_state(bucket_arn=state_arn, key=key, location=location)
        plan_needs |= deploy.read_state(bucket_arn=state_arn, key=key, location=location)
    deploy_needs |= deploy.assume(roles=[own.deploy, *([partners.deploy] if partners else [])])
    plan_needs |= deploy.assume(roles=[own.plan, *([partners.plan] if partners else [])])
    deploy_needs |= deploy.leave_alone(roles=own.both)
    deploys, plans = [f"environment:{environment.name}"], ["pull_request", f"ref:refs/heads/{deployers.branch}"]
    resources = {}
    if rules.permissions_boundary_arn is None:
        resources["Boundary"] = policy_resource(
            own.boundary,
            boundary_document(environment, "target"),
            description=f"The most that any role of {environment.prefix} may do.",
        )
    for id_, role, needs, claims in (
        ("DeployRole", own.deploy, deploy_needs, deploys),
        ("PlanRole", own.plan, plan_needs, plans),
    ):
        trust = _trust(location, role, deployers, claims)
        resources[id_] = role_resource(role, needs, trust, boundary_arn=rules.permissions_boundary_arn)
    return resources


def _needs(environment: Environment, location: Location, boundary_arn: str) -> dict[str, Statements]:
    output, retention = environment.job.output, environment.run_retention_days is not None
    expiring = [environment.runs_bucket, *environment.own_buckets("inventory")] if retention else []
    if output is not None and output.bucket is None and not environment.is_local:
        expiring += environment.own_buckets("output")
    return deploy.target(
        prefix=environment.prefix,
        location=location,
        boundary_arn=boundary_arn,
        runs_bucket=buckets.runs_bucket(environment),
        buckets=environment.own_buckets("runs", "inventory", "replica", "output"),
        expiring_buckets=expiring,
        image=environment.job.image,
        notifies=environment.alarms.email is not None,
        in_vpc=environment.company.vpc is not None,
        destroyable=environment.is_local,
    )


def _trust(location: Location, role: str, deployers: Deployers, claims: list[str]) -> Mapping[str, object]:
    github = None
    if deployers.github is not None:
        provider = f"arn:{location.partition}:iam::{location.account_id}:oidc-provider/{GITHUB}"
        github = GitHub(provider_arn=provider, subjects=deployers.subjects(claims))
    return trust_deployers(
        principals=deployers.principals, chained=[role], account_arn=location.account_arn, github=github
    )


def _alarms_key(environment: Environment) -> dict[str, Any]:
    """The key and its alias, by which the stack finds it. A deleted stack leaves both."""
    location, name = buckets.target_location(environment), alarm_topic(environment.prefix)
    retain = {} if environment.is_local else {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
    statements = encrypt_alarms(
        account_arn=location.account_arn,
        account_id=location.account_id,
        alarms_arn=location.arn("cloudwatch", f"alarm:{environment.prefix}-*"),  # each alarm of the environment
    )
    return {
        "AlarmsKey": retain
        | {
            "Type": "AWS::KMS::Key",
            "Properties": {
                "Description": f"Encrypts what {name} publishes.",
                "EnableKeyRotation": True,
                "KeyPolicy": policy_document(statements),
                "Tags": [{"Key": key, "Value": value} for key, value in environment.tags.items()],
            },
        },
        "AlarmsKeyAlias": retain
        | {
            "Type": "AWS::KMS::Alias",
            "Properties": {"AliasName": f"alias/{name}", "TargetKeyId": {"Ref": "AlarmsKey"}},
        },
    }
