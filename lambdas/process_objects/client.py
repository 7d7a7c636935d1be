"""The S3 client of a worker."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def s3_client(*, region: str, threads: int, endpoint_url: str | None = None) -> S3Client:
    """A client with one connection per thread: with botocore's default of ten, connections would be reopened.

    Its retries are adaptive: when S3 answers SlowDown, all threads slow down together, so that the retries outlast it.
    """
    config = Config(
        max_pool_connections=threads,
        retries={"mode": "adaptive", "total_max_attempts": 6},
        connect_timeout=5,
        read_timeout=20,
        # botocore would build its own for every request, at a tenth of a small read's cost.
        user_agent="mapspan-process-objects",
    )
    return boto3.client("s3", region_name=region, endpoint_url=endpoint_url, config=config)
