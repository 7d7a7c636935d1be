"""MergeStatements: keeps statements of ours in a bucket policy that is someone else's. Terraform invokes it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, NotRequired, Protocol, TypedDict

import boto3
from botocore.exceptions import ClientError

from .policy import Document, Statement, merged

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# IAM tells S3 of a new role, and a function of its own permissions, some seconds late.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
_LATE = {"AccessDenied", "MalformedPolicy"}
_PAUSE_SECONDS, _LAST_TRY_SECONDS = 5.0, 15.0


class Terraform(TypedDict):
    """What Terraform adds to the input: https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/lambda_invocation"""

    action: Literal["create", "update", "delete"]
    prev_input: NotRequired[Event | None]


class Event(TypedDict):
    """`statements` have a Sid each."""

    bucket: str
    account_id: str
    statements: list[Statement]
    tf: Terraform


class Result(TypedDict):
    """The Sids of ours that the policy has now."""

    sids: list[str]


class LambdaContext(Protocol):
    """https://docs.aws.amazon.com/lambda/latest/dg/python-context.html"""

    def get_remaining_time_in_millis(self) -> int: ...


@cache
def s3() -> S3Client:
    """One client per container."""
    return boto3.client("s3")


def handler(event: Event, context: LambdaContext) -> Result:
    """Create, update: put the statements in. Delete: take them out. Raises what S3 says, when it says so for good."""
    return change(event, s3(), seconds_left=lambda: context.get_remaining_time_in_millis() / 1000, sleep=time.sleep)


def change(
    event: Event, client: S3Client, *, seconds_left: Callable[[], float], sleep: Callable[[float], None]
) -> Result:
    """As `handler`, with all it depends on."""
    while True:
        try:
            return _change(event, client)
        except ClientError as error:
            if error.response["Error"]["Code"] not in _LATE or seconds_left() < _LAST_TRY_SECONDS:
                raise
            sleep(_PAUSE_SECONDS)


def _change(event: Event, client: S3Client) -> Result:
    bucket, owner, called = event["bucket"], event["account_id"], event["tf"]
    ours = [] if called["action"] == "delete" else event["statements"]
    before = called.get("prev_input") or event
    gone = {str(statement["Sid"]) for statement in (*before["statements"], *event["statements"])}
    document = _read(client, bucket, owner)
    wanted = merged(document, ours, gone=gone)
    if wanted is None and document is not None:
        client.delete_bucket_policy(Bucket=bucket, ExpectedBucketOwner=owner)
    elif wanted is not None and wanted != document:
        client.put_bucket_policy(Bucket=bucket, ExpectedBucketOwner=owner, Policy=json.dumps(wanted))
    return {"sids": [str(statement["Sid"]) for statement in ours]}


def _read(client: S3Client, bucket: str, owner: str) -> Document | None:
    try:
        text = client.get_bucket_policy(Bucket=bucket, ExpectedBucketOwner=owner)["Policy"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchBucketPolicy":
            return None
        raise
    document: dict[str, Any] = json.loads(text)
    return document
