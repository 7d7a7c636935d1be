"""What the accounts themselves say about policies that a plan doesn't show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from mapspan.deployment import Deployment
from mapspan.review.changes.placeholder import Placeholder
from mapspan.review.changes.plan import Plan
from mapspan.review.changes.policy_document import read_document
from mapspan.review.iam.accounts import Document
from mapspan.review.marked_words import code

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient


@dataclass(frozen=True, kw_only=True)
class LivePolicies:
    """What was read. Anything that couldn't be read is missing, and so not known.

    Args:
        bucket_policies: by bucket; None for a bucket without a policy.
        policy_holders: who holds a managed policy, in words, by the policy's ARN.
    """

    bucket_policies: Mapping[str, Document | None] = field(default_factory=dict)
    policy_holders: Mapping[str, str] = field(default_factory=dict)


def read_live_policies(plan: Plan, deployment: Deployment) -> LivePolicies:
    """Read what the plan writes over or changes, with the caller's credentials and the source account's deploy role."""
    source = deployment.environment.source
    writes_source_policy = any(
        change.type == "aws_s3_bucket_policy"
        and change.action == "create"
        and change.value("bucket", "after") == source.bucket
        for change in plan.changes
    )
    changed_policies = [
        str(change.value("arn", "before"))
        for change in plan.changes
        if change.type == "aws_iam_policy"
        and change.action in ("update", "replace", "delete")
        and change.account_id == deployment.environment.target.account_id
    ]
    return LivePolicies(
        bucket_policies=_source_policy(deployment) if writes_source_policy else {},
        policy_holders=_policy_holders(deployment, changed_policies) if changed_policies else {},
    )


def _source_policy(deployment: Deployment) -> dict[str, Document | None]:
    source = deployment.environment.source
    try:
        client = deployment.source_s3()
        if client is None:
            return {}
        text = client.get_bucket_policy(Bucket=source.bucket, ExpectedBucketOwner=source.account_id)["Policy"]
    except ClientError as error:
        return {source.bucket: None} if error.response["Error"]["Code"] == "NoSuchBucketPolicy" else {}
    except BotoCoreError:
        return {}
    document = read_document(text)
    return {} if isinstance(document, Placeholder) else {source.bucket: document}


def _policy_holders(deployment: Deployment, arns: Iterable[str]) -> dict[str, str]:
    try:
        client = deployment.iam()
        return {arn: _holders(client, arn) for arn in arns}
    except (ClientError, BotoCoreError):
        return {}


def _holders(client: IAMClient, arn: str) -> str:
    """The roles, users and groups that hold a policy.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListEntitiesForPolicy.html
    """
    names: list[str] = []
    for page in client.get_paginator("list_entities_for_policy").paginate(PolicyArn=arn):
        names += [code(f"role/{role['RoleName']}") for role in page["PolicyRoles"]]
        names += [code(f"user/{user['UserName']}") for user in page["PolicyUsers"]]
        names += [code(f"group/{group['GroupName']}") for group in page["PolicyGroups"]]
    return ", ".join(sorted(names)) or "nobody does now"
