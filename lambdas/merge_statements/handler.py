"""MergeStatements: keeps our statements in a bucket policy that someone else manages. Terraform invokes it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, NotRequired, TypedDict

import boto3
from botocore.exceptions import ClientError

from .policy import Document, Statement, merged

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from lambdas.shared.lambda_context import LambdaContext

# S3 learns of a new role, and a function gets its own permissions, some seconds late.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
_LATE = {"AccessDenied", "MalformedPolicy"}
_PAUSE_SECONDS, _LAST_TRY_SECONDS = 5.0, 15.0


class Terraform(TypedDict):
    """What Terraform adds to the event: https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/lambda_invocation"""

    action: Literal["create", "update", "delete"]
    prev_input: NotRequired[Event | None]


class Event(TypedDict):
    """`account_id`: the bucket's owner. Each of the `statements` has a Sid."""

    bucket: str
    account_id: str
    statements: list[Statement]
    tf: Terraform


class Result(TypedDict):
    """The Sids of our statements that the policy now has."""

    sids: list[str]


@cache
def s3() -> S3Client:
    """One client per container."""
    return boto3.client("s3")


def handler(event: Event, context: LambdaContext) -> Result:
    """Put the statements in on create and update, take them out on delete. Raises any S3 error that doesn't pass."""
    return change(event, s3(), seconds_left=lambda: context.get_remaining_time_in_millis() / 1000, sleep=time.sleep)


def change(
    event: Event, client: S3Client, *, seconds_left: Callable[[], float], sleep: Callable[[float], None]
) -> Result:
    """Do what `handler` does, with its client and its clock as arguments."""
    while True:
        try:
            return _change(event, client)
        except ClientError as error:
            if error.response["Error"]["Code"] not in _LATE or seconds_left() < _LAST_TRY_SECONDS:
                raise
            sleep(_PAUSE_SECONDS)


def _change(event: Event, client: S3Client) -> Result:
    bucket, owner, terraform = event["bucket"], event["account_id"], event["tf"]
    ours = [] if terraform["action"] == "delete" else event["statements"]
    before = terraform.get("prev_input") or event
    removed = {str(statement["Sid"]) for statement in (*before["statements"], *event["statements"])}
    current = _read(client, bucket, owner)
    new = merged(current, ours, removed=removed)
    if new is None and current is not None:
        client.delete_bucket_policy(Bucket=bucket, ExpectedBucketOwner=owner)
    elif new is not None and new != current:
        client.put_bucket_policy(Bucket=bucket, ExpectedBucketOwner=owner, Policy=json.dumps(new))
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
