"""Checks whether the worker may read from the source account, by reading."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_s3 import S3Client

# S3 answers so only to a caller who may read: an empty object has no first byte, an archived one can't be read now.
_READABLE = {"InvalidRange", "416", "InvalidObjectState"}


class CallCheck(TypedDict):
    """One call: `error` is null if it was allowed."""

    call: str
    resource: str
    error: str | None


def check_reading(client: S3Client, *, bucket: str, owner: str, keys: Sequence[str]) -> list[CallCheck]:
    """Read the first byte of each object."""
    return [_check(client, bucket, owner, key) for key in keys]


def _check(client: S3Client, bucket: str, owner: str, key: str) -> CallCheck:
    denial, call = None, "s3:GetObject"
    try:
        client.get_object(Bucket=bucket, Key=key, ExpectedBucketOwner=owner, Range="bytes=0-0")["Body"].read()
    except ClientError as error:
        details = error.response.get("Error", {})
        code, message = str(details.get("Code", "Unknown")), str(details.get("Message", error))
        if code not in _READABLE:
            denial = f"{code}: {message}"
        if "kms:Decrypt" in message or code.startswith("KMS"):
            call = "kms:Decrypt"
    return {"call": call, "resource": f"{bucket}/{key}", "error": denial}
