"""MergeStatements: keeps our statements in a bucket policy that someone else manages. Terraform invokes it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, NotRequired, TypedDict

import boto3
from botocore.exceptions import ClientError

from .policy import Document, Statement, as_text, merged, sids_of, stale_statement

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from lambdas.shared.lambda_context import LambdaContext

# S3 learns of a new role, and a function gets its own permissions, some seconds late.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
# Each error that may pass, with a part of its message where other reasons for it don't pass.
_LATE = {
    "AccessDenied": "",
    "MalformedPolicy": "Invalid principal",
    "OperationAborted": "",
    "ConflictException": "",
}
# A denial that no wait changes.
_DENIED_FOR_GOOD = ("explicit deny", "BlockPublicPolicy")
_PAUSE_SECONDS, _LAST_TRY_SECONDS = 5.0, 15.0
# How often another writer may be faster.
_ATTEMPTS = 5
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html
_LARGEST_POLICY_BYTES = 20 * 1024


class PolicyTooLarge(Exception):  # noqa: N818 # named as Lambda shows it
    """With our statements, the policy would be longer than S3 allows."""


class StalePrincipal(Exception):  # noqa: N818 # named as Lambda shows it
    """Someone else's statement names a role or user that doesn't exist any more, so S3 refuses the whole policy."""


class Overwritten(Exception):  # noqa: N818 # named as Lambda shows it
    """Another writer keeps writing the policy without our statements."""


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
    """Put the statements in on create and update, take them out on delete, and out of a bucket that is no longer ours.

    Raises any S3 error that doesn't pass, PolicyTooLarge, StalePrincipal and Overwritten.
    """
    return change(event, s3(), seconds_left=lambda: context.get_remaining_time_in_millis() / 1000, sleep=time.sleep)


def change(
    event: Event, client: S3Client, *, seconds_left: Callable[[], float], sleep: Callable[[float], None]
) -> Result:
    """Do what `handler` does, with its client and its clock as arguments."""
    while True:
        try:
            return _change(event, client, sleep)
        except ClientError as error:
            if not _may_pass(error) or seconds_left() < _LAST_TRY_SECONDS:
                raise
            sleep(_PAUSE_SECONDS)


def _may_pass(error: ClientError) -> bool:
    details = error.response["Error"]
    code, message = details["Code"], details.get("Message", "")
    return code in _LATE and _LATE[code] in message and not any(words in message for words in _DENIED_FOR_GOOD)


def _change(event: Event, client: S3Client, sleep: Callable[[float], None]) -> Result:
    terraform = event["tf"]
    ours = [] if terraform["action"] == "delete" else event["statements"]
    before = terraform.get("prev_input") or event
    if before["bucket"] != event["bucket"]:
        _take_out(client, before, sleep)
    removed = sids_of([*before["statements"], *event["statements"]])
    _write(client, event | {"statements": ours}, removed=removed, sleep=sleep)
    return {"sids": [str(statement["Sid"]) for statement in ours]}


def _take_out(client: S3Client, before: Event, sleep: Callable[[float], None]) -> None:
    """Take our statements out of the bucket that the environment had before; it may have been deleted."""
    try:
        _write(client, before | {"statements": []}, removed=sids_of(before["statements"]), sleep=sleep)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchBucket":
            raise


def _write(client: S3Client, event: Event, *, removed: set[str], sleep: Callable[[float], None]) -> None:
    """Write the merged policy, and read it back: S3 has no condition for a policy, so another writer may be faster.

    S3 may show the earlier policy for a moment, which looks the same: writing again does no harm.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html#ConsistencyModel
    """
    bucket, owner, ours = event["bucket"], event["account_id"], event["statements"]
    for _ in range(_ATTEMPTS):
        current = _read(client, bucket, owner)
        new = merged(current, ours, removed=removed)
        if new == current:
            return
        if new is None:
            client.delete_bucket_policy(Bucket=bucket, ExpectedBucketOwner=owner)
        else:
            client.put_bucket_policy(
                Bucket=bucket, ExpectedBucketOwner=owner, Policy=_checked_text(new, bucket, ours=ours)
            )
        if sids_of((_read(client, bucket, owner) or {}).get("Statement", ())) & removed == sids_of(ours):
            return
        sleep(_PAUSE_SECONDS)
    raise Overwritten(
        f"the policy of {bucket} was written by someone else {_ATTEMPTS} times in a row, without our statements: deploy"
        " again when nobody else changes it"
    )


def _checked_text(document: Document, bucket: str, *, ours: list[Statement]) -> str:
    if (stale := stale_statement(document, without=sids_of(ours))) is not None:
        raise StalePrincipal(
            f"the statement {stale} in the policy of {bucket} names a role or user that was deleted, so S3 refuses the"
            " whole policy: ask the bucket's owner to remove that principal"
        )
    text = as_text(document)
    if (size := len(text.encode())) > _LARGEST_POLICY_BYTES:
        raise PolicyTooLarge(
            f"the policy of {bucket} would have {size:,} bytes, {len(as_text({'Statement': ours}).encode()):,} of them"
            f" for our statements, and S3 takes {_LARGEST_POLICY_BYTES:,}: name fewer or shorter source.prefixes, or"
            " ask the bucket's owner to shorten the rest"
        )
    return text


def _read(client: S3Client, bucket: str, owner: str) -> Document | None:
    try:
        text = client.get_bucket_policy(Bucket=bucket, ExpectedBucketOwner=owner)["Policy"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchBucketPolicy":
            return None
        raise
    document: dict[str, Any] = json.loads(text)
    return document
