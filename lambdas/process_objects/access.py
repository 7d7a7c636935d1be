"""Checks whether the worker may read from the source account, by reading."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypedDict

from botocore.exceptions import ClientError

from lambdas.shared.requester_pays import REQUESTER_PAYS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lambdas.job.bucket import Bucket

# S3 answers so only to a caller who may read: an empty object has no first byte, an archived one can't be read now.
_READABLE = {"InvalidRange", "416", "InvalidObjectState"}


class CallCheck(TypedDict):
    """One call: `error` is null if it was allowed."""

    call: str
    resource: str
    error: str | None


def check_reading(source: Bucket, *, keys: Sequence[str]) -> list[CallCheck]:
    """Read the first byte of each object. If the reader only has to agree to pay for that, the error says so."""
    return [_check(source, key) for key in keys]


def _check(source: Bucket, key: str) -> CallCheck:
    check = _read(source, key)
    if not str(check["error"]).startswith("AccessDenied") or source.requester_pays:
        return check
    if _read(replace(source, requester_pays=True), key)["error"]:
        return check
    return {**check, "error": REQUESTER_PAYS}


def _read(source: Bucket, key: str) -> CallCheck:
    denial, call = None, "s3:GetObject"
    request = {"Bucket": source.name, "Key": key, "ExpectedBucketOwner": source.owner, **source.payer}
    try:
        source.client.get_object(**request, Range="bytes=0-0")["Body"].read()
    except ClientError as error:
        details = error.response.get("Error", {})
        code, message = str(details.get("Code", "Unknown")), str(details.get("Message", error))
        if code not in _READABLE:
            denial = f"{code}: {message}"
        if "kms:Decrypt" in message or code.startswith("KMS"):
            call = "kms:Decrypt"
    return {"call": call, "resource": f"{source.name}/{key}", "error": denial}
