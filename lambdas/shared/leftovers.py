"""Deletes the old parts of a key list, which would otherwise be processed as if they belonged to the new one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_s3 import S3Client


class LeftoversNotDeleted(Exception):  # noqa: N818 # named as Step Functions shows it
    """S3 refused to delete an old part."""


def delete_leftovers(client: S3Client, *, bucket: str, owner: str, keys: Sequence[str]) -> None:
    """Delete at most 1,000 objects. Raises LeftoversNotDeleted for the first that S3 refuses to delete.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
    """
    answer = client.delete_objects(
        Bucket=bucket,
        Delete={"Objects": [{"Key": key} for key in keys], "Quiet": True},
        ExpectedBucketOwner=owner,
    )
    for error in answer.get("Errors", ()):
        raise LeftoversNotDeleted(
            f"S3 refused to delete s3://{bucket}/{error.get('Key')}, an old part of this key list:"
            f" {error.get('Code')}: {error.get('Message')}"
        )
