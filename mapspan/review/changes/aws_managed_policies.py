"""The policies that AWS manages and that are attached most, as far as they concern buckets and keys.

AWS changes some of them now and then: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from mapspan.review.iam.accounts import Document

_ARN = re.compile(r"arn:[^:]+:iam::aws:policy/(.+)")

_NEITHER_BUCKETS_NOR_KEYS: Document = {"Version": "2012-10-17", "Statement": []}


def _allowing(*actions: str) -> Document:
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}],
    }


_DOCUMENTS: Mapping[str, Document] = {
    "AdministratorAccess": _allowing("*"),
    "AmazonS3FullAccess": _allowing("s3:*", "s3-object-lambda:*"),
    "AmazonS3ReadOnlyAccess": _allowing(
        "s3:Get*", "s3:List*", "s3:Describe*", "s3-object-lambda:Get*", "s3-object-lambda:List*"
    ),
    "IAMFullAccess": _allowing("iam:*"),
    "service-role/AWSLambdaBasicExecutionRole": _NEITHER_BUCKETS_NOR_KEYS,
    "service-role/AWSLambdaVPCAccessExecutionRole": _NEITHER_BUCKETS_NOR_KEYS,
    "AWSXRayDaemonWriteAccess": _NEITHER_BUCKETS_NOR_KEYS,
    "CloudWatchLambdaInsightsExecutionRolePolicy": _NEITHER_BUCKETS_NOR_KEYS,
}


def aws_managed_policy(arn: str) -> Document | None:
    """The document of a policy that AWS manages; None if it isn't known here, or isn't one."""
    match = _ARN.fullmatch(arn)
    return _DOCUMENTS.get(match[1]) if match else None
