"""What an administrator makes once, before the first deploy: the roles that deploy, and the bucket of the state.

CloudFormation templates: an account can apply them without a state, which has no place yet (docs/decisions/0066).
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
from modules.statements import Statements, deploy
from modules.statements.buckets import deny_plain_http
from modules.statements.trust import GitHub, trust_deployers

GITHUB = "token.actions.githubusercontent.com"
# All policies of a role, white space not counted:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
ROLE_POLICIES_LENGTH = 10_240
Template = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Stack:
    """A CloudFormation stack to make in one account.

    Args:
        part: what it is for: "state", "target" or "source".
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
class Trusted:
    """Who may assume the roles.

    Args:
        principals: ARNs of people's and machines' roles, which must exist.
        github: "owner/repository" whose workflows may: a job in the GitHub environment of the same name deploys,
            pull requests and the branch only plan.
    """

    principals: Sequence[str] = ()
    github: str | None = None
    branch: str = "main"


@dataclass(frozen=True, kw_only=True)
class Roles:
    """One account's two roles, by their ARNs."""

    deploy: str
    plan: str

    @property
    def both(self) -> list[str]:
        return [self.deploy, self.plan]


def roles_of(environment: Environment, account: AccountSettings) -> Roles:
    """The role that an account's settings name, and the one that only plans: `…-deploy` and `…-plan`.

    Raises:
        CommandError: the settings name none.
    """
    if account.deploy_role_arn is None:
        side = "source" if account is environment.source else "target"
        suggested = Location(account_id=account.account_id, region=environment.region)
        raise CommandError(
            f"environments/{environment.name}.toml names no role to deploy with: write below [{side}]"
            f' deploy_role_arn = "{suggested.role_arn(f"{environment.prefix}-deploy")}"'
        )
    return Roles(deploy=account.deploy_role_arn, plan=account.deploy_role_arn.removesuffix("-deploy") + "-plan")


def stacks(environment: Environment, trusted: Trusted) -> list[Stack]:
    """The stacks to make, in their order: the state's bucket, the target account's roles, the source account's.

    Raises:
        CommandError: the settings name no roles, or nobody may assume them.
    """
    if not trusted.principals and trusted.github is None:
        raise CommandError("nobody may assume the roles: name a principal with --trust, or a repository with --github")
    found = [_target(environment, trusted)]
    if environment.state_backend.bucket:
        found.insert(0, _state(environment, environment.state_backend.bucket))
    if environment.source.bucket_policy != "handover":
        found.append(_source(environment, trusted))
    return found


def _state(environment: Environment, bucket: str) -> Stack:
    location = Location(
        account_id=environment.target.account_id, region=environment.state_backend.region or environment.region
    )
    kept = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
    resources = {
        "StateBucket": kept
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
        "StateBucketPolicy": kept
        | {
            "Type": "AWS::S3::BucketPolicy",
            "Properties": {
                "Bucket": {"Ref": "StateBucket"},
                "PolicyDocument": _document([deny_plain_http(location.bucket_arn(bucket))]),
            },
        },
    }
    template = _template("Where terraform keeps the state of mapspan's environments.", resources)
    return Stack(part="state", name=f"state-{bucket}".replace(".", "-"), location=location, template=template)


def _target(environment: Environment, trusted: Trusted) -> Stack:
    location = Location(account_id=environment.target.account_id, region=environment.region)
    own = roles_of(environment, environment.target)
    others = None if environment.source.bucket_policy == "handover" else roles_of(environment, environment.source)
    makes = deploy.target(
        prefix=environment.prefix,
        location=location,
        notifies=environment.alarms.email is not None,
        destroyable=environment.is_local,
    )
    deploys: dict[str, Statements] = {**makes}
    plans = deploy.reading(makes)
    if bucket := environment.state_backend.bucket:
        state = {"bucket_arn": location.bucket_arn(bucket), "key": environment.state_key}
        deploys |= deploy.state(**state, writes=True)
        plans |= deploy.state(**state, writes=False)
    deploys |= deploy.assume(roles=[own.deploy, *([others.deploy] if others else [])])
    plans |= deploy.assume(roles=[own.plan, *([others.plan] if others else [])])
    deploys |= deploy.leave_alone(roles=own.both)
    resources = {
        "DeployRole": _role(own.deploy, deploys, _trust(location, own.deploy, trusted, _deploying(environment))),
        "PlanRole": _role(own.plan, plans, _trust(location, own.plan, trusted, _planning(trusted))),
    }
    template = _template(f"The roles that deploy and plan {environment.prefix} in the target account.", resources)
    return Stack(part="target", name=f"{environment.prefix}-deploy", location=location, template=template)


def _source(environment: Environment, trusted: Trusted) -> Stack:
    target = Location(account_id=environment.target.account_id, region=environment.region)
    location = Location(account_id=environment.source.account_id, region=environment.source_region)
    comes = roles_of(environment, environment.target)
    own = roles_of(environment, environment.source)
    replicates = environment.key_source == "replication"
    decrypts = location.role_arn(f"{environment.prefix}-replication")
    if not replicates:
        decrypts = target.role_arn(f"{environment.prefix}-process-objects")
    makes = deploy.source(
        prefix=environment.prefix,
        location=location,
        bucket=environment.source.bucket,
        merges=environment.source.bucket_policy == "merge",
        inventories=environment.key_source == "inventory" and environment.inventory.existing is None,
        replicates=replicates,
        key=(environment.source.kms_key_arn, decrypts) if environment.source.kms_key_arn else None,
    )
    people = Trusted(principals=trusted.principals)  # workflows come through the target account
    resources = {
        "DeployRole": _role(
            own.deploy, {**makes, **deploy.leave_alone(roles=own.both)}, _trust(target, comes.deploy, people, ())
        ),
        "PlanRole": _role(own.plan, deploy.reading(makes), _trust(target, comes.plan, people, ())),
    }
    template = _template(f"The roles that deploy and plan {environment.prefix} in the source account.", resources)
    return Stack(part="source", name=f"{environment.prefix}-source-deploy", location=location, template=template)


def _deploying(environment: Environment) -> Sequence[str]:
    return [f"environment:{environment.name}"]


def _planning(trusted: Trusted) -> Sequence[str]:
    return ["pull_request", f"ref:refs/heads/{trusted.branch}"]


def _trust(location: Location, chained: str, trusted: Trusted, subjects: Sequence[str]) -> Mapping[str, object]:
    github = None
    if trusted.github is not None:
        provider = f"arn:{location.partition}:iam::{location.account_id}:oidc-provider/{GITHUB}"
        github = GitHub(provider_arn=provider, subjects=[f"repo:{trusted.github}:{each}" for each in subjects])
    return trust_deployers(
        principals=trusted.principals, chained=[chained], account_arn=location.account_arn, github=github
    )


def _role(arn: str, needs: Mapping[str, Statements], trust: Mapping[str, object]) -> Mapping[str, object]:
    path, _, name = arn.partition(":role")[2].rpartition("/")
    policies = [{"PolicyName": need, "PolicyDocument": _document(statements)} for need, statements in needs.items()]
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "RoleName": name,
            "Path": f"{path}/",
            "AssumeRolePolicyDocument": trust,
            "Policies": policies,
        },
    }


def _document(statements: Statements) -> Mapping[str, object]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _template(description: str, resources: Mapping[str, object]) -> Template:
    return {"AWSTemplateFormatVersion": "2010-09-09", "Description": description, "Resources": resources}
