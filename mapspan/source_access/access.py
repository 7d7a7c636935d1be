"""Whether the source account lets the pipeline in, call by call: the deployed functions try, with their own roles."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from mapspan.checkout import CommandError
from mapspan.deployment import Deployment
from mapspan.source_access.access_check import AccessCheck
from mapspan.source_access.arrivals import arrivals

# What is read where no object is known. S3 denies a missing object to who may not list: an answer, not a proof.
NO_SUCH_KEY = "mapspan-check-access"


def check_access(deployment: Deployment, *, key: str | None = None) -> list[AccessCheck]:
    """Try every call that a run makes in the source account. `key`: an object to read, where listing finds none.

    Raises:
        CommandError: the environment is not deployed, or the caller may not invoke its functions.
    """
    return list(_tried(deployment, key))


def _tried(deployment: Deployment, key: str | None) -> Iterator[AccessCheck]:
    environment = deployment.environment
    if environment.key_source != "listing":
        yield from _without_lister(deployment, key)
        return
    source, prefix = environment.source, environment.prefix
    lister, reader = f"{prefix}-list-objects", f"{prefix}-process-objects"
    listed = _invoke(deployment, lister, list(source.prefixes) or [""])
    for tried in listed:
        yield _access(tried, lister)
    known = [key] if key else [tried["key"] for tried in listed if tried["key"]]
    if known:
        for tried in _invoke(deployment, reader, known):
            yield _access(tried, reader)
    else:
        yield _unproven(
            _invoke(deployment, reader, [f"{(source.prefixes or ('',))[0]}{NO_SUCH_KEY}"])[0], reader, listed
        )
    yield from _ownership(deployment)


def _without_lister(deployment: Deployment, key: str | None) -> Iterator[AccessCheck]:
    """An inventory's environment reads the source bucket; a replica's only what S3 puts into its own account."""
    environment = deployment.environment
    reader, source = f"{environment.prefix}-process-objects", environment.source
    arrived, told = arrivals(deployment)
    yield arrived
    known = key or told
    if known is None:
        detail = "no object is known to try it on: name one with --key"
        where = source.bucket if environment.key_source == "inventory" else environment.replica_bucket
        yield AccessCheck(call="s3:GetObject", role=reader, resource=where, verdict="unknown", detail=detail)
    else:
        yield _access(_invoke(deployment, reader, [known])[0], reader)
    if environment.key_source == "inventory":
        yield from _ownership(deployment)


def _access(tried: dict[str, Any], role: str) -> AccessCheck:
    error = tried["error"]
    if error is None:
        return AccessCheck(call=tried["call"], role=role, resource=tried["resource"], verdict="allowed")
    return AccessCheck(call=tried["call"], role=role, resource=tried["resource"], verdict="missing", detail=error)


def _unproven(tried: dict[str, Any], role: str, listed: list[dict[str, Any]]) -> AccessCheck:
    """Reading where no object is known."""
    error = tried["error"]
    if error is None or "NoSuchKey" in error:
        return _access({**tried, "error": None}, role)
    if any(each["error"] for each in listed):
        return _access(tried, role)
    detail = "no object lies below the prefixes to try it on: name one with --key"
    return AccessCheck(call=tried["call"], role=role, resource=tried["resource"], verdict="unknown", detail=detail)


def _ownership(deployment: Deployment) -> Iterator[AccessCheck]:
    """Objects of other accounts' in the source bucket are theirs, unless the bucket's owner owns all.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
    """
    source, client = deployment.environment.source, deployment.source_s3()
    consequence = (
        "objects that another account wrote may be that account's, and denied to us whatever the bucket policy says;"
        " BucketOwnerEnforced makes them the bucket owner's"
    )
    call, role = "s3:GetBucketOwnershipControls", "the source account's deploy role"
    if client is None:
        detail = f"only the source account's owner can see it; if it is not BucketOwnerEnforced: {consequence}"
        yield AccessCheck(call=call, role=role, resource=source.bucket, verdict="unknown", detail=detail)
        return
    try:
        controls = client.get_bucket_ownership_controls(Bucket=source.bucket, ExpectedBucketOwner=source.account_id)
        found = str(controls["OwnershipControls"]["Rules"][0]["ObjectOwnership"])
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code != "OwnershipControlsNotFoundError":
            yield AccessCheck(call=call, role=role, resource=source.bucket, verdict="unknown", detail=str(error))
            return
        found = "ObjectWriter"  # what a bucket without the setting has
    if found == "BucketOwnerEnforced":
        yield AccessCheck(call=call, role=role, resource=source.bucket, verdict="allowed")
    else:
        detail = f"object ownership is {found}: {consequence}"
        yield AccessCheck(call=call, role=role, resource=source.bucket, verdict="warning", detail=detail)


def _invoke(deployment: Deployment, function: str, tries: list[str]) -> list[dict[str, Any]]:
    try:
        answer = deployment.functions().invoke(
            FunctionName=function, Payload=json.dumps({"check_access": tries}).encode()
        )
    except ClientError as error:
        code = error.response["Error"]["Code"]
        hint = ": deploy the environment first" if code == "ResourceNotFoundException" else f": {error}"
        raise CommandError(f"{function} could not be invoked{hint}") from error
    payload = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        raise CommandError(f"{function} failed: {payload.get('errorType')}: {payload.get('errorMessage')}")
    tried: list[dict[str, Any]] = payload
    return tried
