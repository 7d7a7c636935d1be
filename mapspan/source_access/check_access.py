"""Whether the source account lets the pipeline in: the deployed functions try each call with their own roles."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from mapspan.checkout import CommandError
from mapspan.deployment import Deployment
from mapspan.source_access.access_check import AccessCheck, Verdict
from mapspan.source_access.arrivals import arrivals
from modules.pipeline.workflow.names import INVENTORY, LISTING
from modules.resource_names import function_name

# The key to read if no object is known. If a caller may not list, S3 denies a missing object as it denies an existing
# one: the denial then proves nothing.
NO_SUCH_KEY = "mapspan-check-access"


def check_access(deployment: Deployment, *, key: str | None = None) -> list[AccessCheck]:
    """Try every call that a run makes in the source account.

    Args:
        key: an object to read, instead of the first one that is listed or has arrived.

    Raises:
        CommandError: the environment is not deployed, or the caller may not invoke its functions.
    """
    if deployment.environment.key_source == LISTING:
        return [*_check_listed_objects(deployment, key), _check_ownership(deployment)]
    checks = list(_check_arrivals(deployment, key))
    if deployment.environment.key_source == INVENTORY:
        checks.append(_check_ownership(deployment))
    return checks


def _check_listed_objects(deployment: Deployment, key: str | None) -> Iterator[AccessCheck]:
    environment = deployment.environment
    prefixes = environment.source.prefixes or ("",)
    lister, reader = (function_name(environment.prefix, name) for name in ("list_objects", "process_objects"))
    listings = _invoke(deployment, lister, list(prefixes))
    for listing in listings:
        yield _access_check(listing, lister)
    keys = [key] if key else [listing["key"] for listing in listings if listing["key"]]
    if keys:
        for reading in _invoke(deployment, reader, keys):
            yield _access_check(reading, reader)
    else:
        (reading,) = _invoke(deployment, reader, [f"{prefixes[0]}{NO_SUCH_KEY}"])
        yield _check_reading_no_object(reading, reader, listings)


def _check_arrivals(deployment: Deployment, key: str | None) -> Iterator[AccessCheck]:
    """Without a lister: an inventory run reads the source bucket, a replication run reads the replica."""
    environment = deployment.environment
    reader = function_name(environment.prefix, "process_objects")
    check, arrived_key = arrivals(deployment)
    yield check
    known_key = key or arrived_key
    if known_key is not None:
        (reading,) = _invoke(deployment, reader, [known_key])
        yield _access_check(reading, reader)
    else:
        inventory = environment.key_source == INVENTORY
        yield AccessCheck(
            call="s3:GetObject",
            role=reader,
            resource=environment.source.bucket if inventory else environment.replica_bucket,
            verdict="unknown",
            detail="no object is known that could be read: name one with --key",
        )


def _access_check(call: dict[str, Any], role: str) -> AccessCheck:
    """What a function answered about one call."""
    error = call["error"]
    verdict: Verdict = "allowed" if error is None else "missing"
    return AccessCheck(call=call["call"], role=role, resource=call["resource"], verdict=verdict, detail=error or "")


def _check_reading_no_object(reading: dict[str, Any], role: str, listings: list[dict[str, Any]]) -> AccessCheck:
    """The result of reading `NO_SUCH_KEY`."""
    error = reading["error"]
    if error is None or "NoSuchKey" in error:
        return _access_check({**reading, "error": None}, role)
    if any(listing["error"] for listing in listings):
        return _access_check(reading, role)
    detail = "no object below the prefixes could be read: name one with --key"
    return AccessCheck(call=reading["call"], role=role, resource=reading["resource"], verdict="unknown", detail=detail)


def _check_ownership(deployment: Deployment) -> AccessCheck:
    """An object that another account wrote may belong to that account, unless the bucket's owner owns every object.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
    """
    source, client = deployment.environment.source, deployment.source_s3()
    consequence = (
        "an object that another account wrote may belong to that account, and S3 may deny it to us whatever the bucket"
        " policy says; set BucketOwnerEnforced to make the bucket's owner own every object"
    )

    def check(verdict: Verdict, detail: str = "") -> AccessCheck:
        return AccessCheck(
            call="s3:GetBucketOwnershipControls",
            role="the source account's deploy role",
            resource=source.bucket,
            verdict=verdict,
            detail=detail,
        )

    if client is None:
        return check("unknown", f"only the source account can see it; unless it is BucketOwnerEnforced, {consequence}")
    try:
        controls = client.get_bucket_ownership_controls(Bucket=source.bucket, ExpectedBucketOwner=source.account_id)
        ownership = str(controls["OwnershipControls"]["Rules"][0]["ObjectOwnership"])
    except ClientError as error:
        if error.response["Error"]["Code"] != "OwnershipControlsNotFoundError":
            return check("unknown", str(error))
        ownership = "ObjectWriter"  # the default of a bucket without the setting
    if ownership == "BucketOwnerEnforced":
        return check("allowed")
    return check("warning", f"object ownership is {ownership}: {consequence}")


def _invoke(deployment: Deployment, function: str, arguments: list[str]) -> list[dict[str, Any]]:
    """Let a deployed function try calls: the lister one per prefix, the worker one per key."""
    try:
        answer = deployment.functions().invoke(
            FunctionName=function, Payload=json.dumps({"check_access": arguments}).encode()
        )
    except ClientError as error:
        missing = error.response["Error"]["Code"] == "ResourceNotFoundException"
        reason = f"deploy {deployment.environment.name} first" if missing else str(error)
        raise CommandError(f"function {function} can't be invoked: {reason}") from error
    payload = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        raise CommandError(
            f"function {function} failed with {payload.get('errorType')}: {payload.get('errorMessage')}:"
            f" its log group /aws/lambda/{function} has the details"
        )
    calls: list[dict[str, Any]] = payload
    return calls
