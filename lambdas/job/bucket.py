"""The buckets that the worker reads from and writes to."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MIB = 1024 * 1024
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html, and the largest part:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
LARGEST_COPY_BYTES = 5 * 1024 * MIB


@dataclass(frozen=True)
class Bucket:
    """Its name, its owner's account id, and a client of its Region.

    `requester_pays`: whether each request to it agrees to pay for it.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/ObjectsinRequesterPaysBuckets.html
    """

    client: S3Client
    name: str
    owner: str
    requester_pays: bool = False

    @property
    def payer(self) -> dict[str, Any]:
        """The parameter of each request that says who pays; none if the bucket's owner does."""
        return {"RequestPayer": "requester"} if self.requester_pays else {}


@dataclass(frozen=True)
class OutputBucket(Bucket):
    """The bucket of a job's output, below `prefix`.

    Args:
        copies_tags: whether the role may read the tags of the source's objects, and write tags here.
        threads: how many parts are copied at the same time, of all objects together.
        largest_copy_bytes: larger objects are copied in parts.
        part_bytes: the least size of a part.
    """

    prefix: str = ""
    copies_tags: bool = False
    threads: int = 1
    largest_copy_bytes: int = LARGEST_COPY_BYTES
    part_bytes: int = 256 * MIB
    part_threads: ThreadPoolExecutor = field(init=False)

    def __post_init__(self) -> None:
        # It starts no thread before a part is copied.
        object.__setattr__(self, "part_threads", ThreadPoolExecutor(self.threads, "copy"))
