"""The roles and buckets that an account has, read through its own API: every ARN is real."""

from __future__ import annotations

import json
import urllib.parse
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from mapspan.review.iam.accounts import Accounts, Bucket, Document, Role

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_s3 import S3Client


def read_account(account_id: str, iam: IAMClient, s3: S3Client) -> Accounts:
    """Every role and bucket of one account; `Accounts.joined` puts several accounts together."""
    return Accounts(
        roles={role["Arn"]: _role(role, iam) for page in _pages(iam, "list_roles") for role in page["Roles"]},
        buckets={
            bucket["Name"]: Bucket(account_id=account_id, policy=_bucket_policy(bucket["Name"], s3))
            for bucket in s3.list_buckets()["Buckets"]
        },
    )


def _role(role: Any, iam: IAMClient) -> Role:
    name = role["RoleName"]
    policies = {
        policy: _document(iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"])
        for page in _pages(iam, "list_role_policies", RoleName=name)
        for policy in page["PolicyNames"]
    }
    for page in _pages(iam, "list_attached_role_policies", RoleName=name):
        for attachment in page["AttachedPolicies"]:
            arn = attachment["PolicyArn"]
            version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
            policy_version = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]
            policies[arn] = _document(policy_version["Document"])
    return Role(policies=policies, trust=_document(role["AssumeRolePolicyDocument"]))


def _pages(iam: IAMClient, operation: Any, **arguments: str) -> Iterator[Any]:
    yield from iam.get_paginator(operation).paginate(**arguments)


def _bucket_policy(bucket: str, s3: S3Client) -> Document | None:
    try:
        return _document(s3.get_bucket_policy(Bucket=bucket)["Policy"])
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchBucketPolicy":
            return None
        raise


def _document(value: Any) -> Document:
    """A policy whose Statement is a list; the API returns policies as documents, as JSON or URL-encoded."""
    document: dict[str, Any] = json.loads(urllib.parse.unquote(value)) if isinstance(value, str) else value
    statements = document["Statement"]
    return {**document, "Statement": statements if isinstance(statements, list) else [statements]}
