"""Roles and buckets as they are in an account, read through its own API: every ARN is real."""

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


def account(account_id: str, iam: IAMClient, s3: S3Client) -> Accounts:
    """Everything of one account; `Accounts.joined` makes one world of several."""
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
        for attached in page["AttachedPolicies"]:
            arn = attached["PolicyArn"]
            version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
            found = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
            policies[arn] = _document(found)
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


def _document(found: Any) -> Document:
    """A policy as a document whose Statement is a list; the API gives it as JSON or URL-encoded, as it likes."""
    document: dict[str, Any] = json.loads(urllib.parse.unquote(found)) if isinstance(found, str) else found
    statements = document["Statement"]
    return {**document, "Statement": statements if isinstance(statements, list) else [statements]}
