"""What an administrator needs before the first deploy: the roles that deploy and plan, and the state bucket.

They are CloudFormation templates, because terraform has no state bucket yet (docs/decisions/0066).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from environments.environment import Environment
from environments.settings import AccountSettings
from mapspan.checkout import CommandError
from modules.location import Location
from modules.pipeline.buckets import runs_bucket
from modules.resource_names import function_name, replication_role
from modules.statements import Statements, deploy, policy_document
from modules.statements.buckets import deny_plain_http
from modules.statements.trust import GitHub, trust_deployers

GITHUB = "token.actions.githubusercontent.com"
# The characters of all inline policies of a role, without white space:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
ROLE_POLICIES_LENGTH = 10_240
Template = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class CloudFormationStack:
    """A CloudFormation stack in one account.

    Args:
        part: what it contains: "state" (the bucket), "target" or "source" (that account's roles).
    """

    part: str
    name: str
    location: Location
    template: Template

    def write(self, directory: Path) -> Path:
        directory.mkdir(parents=True, exist_ok=True)
        file = directory / f"{self.part}.template.json"
        file.write_text(json.dumps(self.template, indent=2) + "\n", encoding="utf-8")
        return file


@dataclass(frozen=True, kw_only=True)
class Deployers:
    """Who may assume the roles.

    Args:
        principals: ARNs of existing roles or users.
        github: the "owner/repository" whose workflows may assume them. A job in the GitHub environment of the same
            name as ours may deploy; pull requests and jobs of the branch may only plan.
        branch: the branch whose jobs may plan.
    """

    principals: Sequence[str] = ()
    github: str | None = None
    branch: str = "main"


@dataclass(frozen=True, kw_only=True)
class Roles:
    """The ARNs of one account's two roles."""

    deploy: str
    plan: str

    @property
    def both(self) -> list[str]:
        return [self.deploy, self.plan]


def roles_of(environment: Environment, account: AccountSettings) -> Roles:
    """The role that the account's settings name, and the plan role beside it: `…-deploy` and `…-plan`.

    Raises:
        CommandError: the settings name no role.
    """
    if account.deploy_role_arn is None:
        side = "source" if account is environment.source else "target"
        suggested = Location(account_id=account.account_id, region=environment.region)
        raise CommandError(
            f"environments/{environment.name}.toml names no deploy role: add to [{side}]"
            f' deploy_role_arn = "{suggested.role_arn(f"{environment.prefix}-deploy")}"'
        )
    return Roles(deploy=account.deploy_role_arn, plan=account.deploy_role_arn.removesuffix("-deploy") + "-plan")


def stacks(environment: Environment, deployers: Deployers) -> list[CloudFormationStack]:
    """The stacks in the order to create them: the state bucket, the target account's roles, the source account's.

    The state bucket is left out if the state isn't in S3, the source account's roles under "handover".

    Raises:
        CommandError: the settings name no roles, or nobody may assume them.
    """
    if not deployers.principals and deployers.github is None:
        raise CommandError(
            "nobody could assume the roles: name a role or user with --trust, or a repository with --github"
        )
    state_bucket, handover = environment.state_backend.bucket, environment.source.bucket_policy == "handover"
    return [
        *([_state(environment, state_bucket)] if state_bucket else []),
        _target(environment, deployers),
        *([] if handover else [_source(environment, deployers)]),
    ]


def _state(environment: Environment, bucket: str) -> CloudFormationStack:
    location = Location(
        account_id=environment.target.account_id, region=environment.state_backend.region or environment.region
    )
    retain = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
    resources = {
        "StateBucket": retain
        | {
            "Type": "AWS::S3::Bucket",
            "Properties": {
                "BucketName": bucket,
                "VersioningConfiguration": {"Status": "Enabled"},
                "BucketEncryption": {
                    "ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
                },
                "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
                "PublicAccessBlockConfiguration": dict.fromkeys(
                    ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True
                ),
            },
        },
        "StateBucketPolicy": retain
        | {
            "Type": "AWS::S3::BucketPolicy",
            "Properties": {
                "Bucket": {"Ref": "StateBucket"},
                "PolicyDocument": policy_document([deny_plain_http(location.bucket_arn(bucket))]),
            },
        },
    }
    template = _template("The bucket where terraform keeps the state of mapspan's environments.", resources)
    return CloudFormationStack(
        part="state", name=f"state-{bucket}".replace(".", "-"), location=location, template=template
    )


def _target(environment: Environment, deployers: Deployers) -> CloudFormationStack:
    location = Location(account_id=environment.target.account_id, region=environment.region)
    own = roles_of(environment, environment.target)
    source_roles = None if environment.source.bucket_policy == "handover" else roles_of(environment, environment.source)
    needs = deploy.target(
        prefix=environment.prefix,
        location=location,
        runs_bucket=runs_bucket(environment),
        image=environment.job.image,
        notifies=environment.alarms.email is not None,
        destroyable=environment.is_local,
    )
    deploy_needs: dict[str, Statements] = {**needs}
    plan_needs = deploy.reading(needs)
    if bucket := environment.state_backend.bucket:
        state = {"bucket_arn": location.bucket_arn(bucket), "key": environment.state_key}
        deploy_needs |= deploy.state(**state, writes=True)
        plan_needs |= deploy.state(**state, writes=False)
    deploy_needs |= deploy.assume(roles=[own.deploy, *([source_roles.deploy] if source_roles else [])])
    plan_needs |= deploy.assume(roles=[own.plan, *([source_roles.plan] if source_roles else [])])
    deploy_needs |= deploy.leave_alone(roles=own.both)
    resources = {
        "DeployRole": _role(
            own.deploy, deploy_needs, _trust(location, own.deploy, deployers, _deploy_subjects(environment))
        ),
        "PlanRole": _role(own.plan, plan_needs, _trust(location, own.plan, deployers, _plan_subjects(deployers))),
    }
    template = _template(f"The roles that deploy and plan {environment.prefix} in the target account.", resources)
    return CloudFormationStack(part="target", name=f"{environment.prefix}-deploy", location=location, template=template)


def _source(environment: Environment, deployers: Deployers) -> CloudFormationStack:
    target = Location(account_id=environment.target.account_id, region=environment.region)
    location = Location(account_id=environment.source.account_id, region=environment.source_region)
    target_roles = roles_of(environment, environment.target)
    own = roles_of(environment, environment.source)
    replicates = environment.key_source == "replication"
    reader = location.role_arn(replication_role(environment.prefix))
    if not replicates:
        reader = target.role_arn(function_name(environment.prefix, "process_objects"))
    needs = deploy.source(
        prefix=environment.prefix,
        location=location,
        bucket=environment.source.bucket,
        merges=environment.source.bucket_policy == "merge",
        inventories=environment.key_source == "inventory" and environment.inventory.existing is None,
        replicates=replicates,
        key=(environment.source.kms_key_arn, reader) if environment.source.kms_key_arn else None,
    )
    people = Deployers(principals=deployers.principals)  # workflows assume these roles from the target account's
    resources = {
        "DeployRole": _role(
            own.deploy, {**needs, **deploy.leave_alone(roles=own.both)}, _trust(target, target_roles.deploy, people, ())
        ),
        "PlanRole": _role(own.plan, deploy.reading(needs), _trust(target, target_roles.plan, people, ())),
    }
    template = _template(f"The roles that deploy and plan {environment.prefix} in the source account.", resources)
    return CloudFormationStack(
        part="source", name=f"{environment.prefix}-source-deploy", location=location, template=template
    )


def _deploy_subjects(environment: Environment) -> Sequence[str]:
    return [f"environment:{environment.name}"]


def _plan_subjects(deployers: Deployers) -> Sequence[str]:
    return ["pull_request", f"ref:refs/heads/{deployers.branch}"]


def _trust(location: Location, chained: str, deployers: Deployers, subjects: Sequence[str]) -> Mapping[str, object]:
    github = None
    if deployers.github is not None:
        provider = f"arn:{location.partition}:iam::{location.account_id}:oidc-provider/{GITHUB}"
        github = GitHub(provider_arn=provider, subjects=[f"repo:{deployers.github}:{subject}" for subject in subjects])
    return trust_deployers(
        principals=deployers.principals, chained=[chained], account_arn=location.account_arn, github=github
    )


def _role(arn: str, needs: Mapping[str, Statements], trust: Mapping[str, object]) -> Mapping[str, object]:
    path, _, name = arn.partition(":role")[2].rpartition("/")
    policies = [
        {"PolicyName": need, "PolicyDocument": policy_document(statements)} for need, statements in needs.items()
    ]
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "RoleName": name,
            "Path": f"{path}/",
            "AssumeRolePolicyDocument": trust,
            "Policies": policies,
        },
    }


def _template(description: str, resources: Mapping[str, object]) -> Template:
    return {"AWSTemplateFormatVersion": "2010-09-09", "Description": description, "Resources": resources}
