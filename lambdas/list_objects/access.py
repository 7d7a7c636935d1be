"""Tries what the listing needs of the source account, and says what S3 answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from botocore.exceptions import ClientError

from .page import read_page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_s3 import S3Client


class Tried(TypedDict):
    """One call: `error` is null where it was allowed; `key` is an object to read, null where none is known."""

    call: str
    resource: str
    error: str | None
    key: str | None


def try_listing(client: S3Client, *, bucket: str, owner: str, prefixes: Sequence[str]) -> list[Tried]:
    """List a page below each prefix."""
    return [_try(client, bucket, owner, prefix) for prefix in prefixes]


def _try(client: S3Client, bucket: str, owner: str, prefix: str) -> Tried:
    key, said = None, None
    try:
        page = read_page(
            client, token=None, start_after="", Bucket=bucket, Prefix=prefix, ExpectedBucketOwner=owner, MaxKeys=100
        )
        # A folder's marker says less than an object does.
        key = next((key for key in page.keys if not key.endswith("/")), None)
    except ClientError as error:
        details = error.response.get("Error", {})
        said = f"{details.get('Code', 'Unknown')}: {details.get('Message', error)}"
    return {"call": "s3:ListBucket", "resource": f"{bucket}/{prefix}", "error": said, "key": key}
