"""Checks whether the lister may list in the source account, by listing."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from botocore.exceptions import ClientError

from .page import read_page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_s3 import S3Client


class CallCheck(TypedDict):
    """One call: `error` is null if it was allowed. `key`: an object to try reading, null if the page has none."""

    call: str
    resource: str
    error: str | None
    key: str | None


def check_listing(client: S3Client, *, bucket: str, owner: str, prefixes: Sequence[str]) -> list[CallCheck]:
    """List one page below each prefix."""
    return [_check(client, bucket, owner, prefix) for prefix in prefixes]


def _check(client: S3Client, bucket: str, owner: str, prefix: str) -> CallCheck:
    key, denial = None, None
    try:
        page = read_page(
            client, token=None, start_after="", Bucket=bucket, Prefix=prefix, ExpectedBucketOwner=owner, MaxKeys=100
        )
        # Reading a folder marker would show less than reading an object.
        key = next((key for key in page.keys if not key.endswith("/")), None)
    except ClientError as error:
        details = error.response.get("Error", {})
        denial = f"{details.get('Code', 'Unknown')}: {details.get('Message', error)}"
    return {"call": "s3:ListBucket", "resource": f"{bucket}/{prefix}", "error": denial, "key": key}
