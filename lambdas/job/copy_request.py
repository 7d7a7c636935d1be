"""The parameters of a copy, whether of an object or of a part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .bucket import OutputBucket
    from .reads import Reads


def copy_request(reads: Reads, output: OutputBucket, key: str) -> dict[str, Any]:
    """What CopyObject and UploadPartCopy share. S3 copies only the object as it was listed, or first read."""
    return {
        "Bucket": output.name,
        "Key": key,
        "ExpectedBucketOwner": output.owner,
        "CopySource": {"Bucket": reads.source.name, "Key": reads.key},
        "CopySourceIfMatch": reads.etag,
        "ExpectedSourceBucketOwner": reads.source.owner,
        **reads.source.payer,
    }
