"""The S3 client of a lister."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from .page import lift_keys
from .parts import UPLOADS

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def s3_client(
    *, region: str, threads: int, endpoint_url: str | None = None, path_style: bool = False, attempts: int = 10
) -> S3Client:
    """A client with a connection for every thread and every upload, which reads pages the fast way.

    Its retries are adaptive: when S3 answers SlowDown, all threads slow down together, so that the retries outlast it.
    """
    config = Config(
        max_pool_connections=threads + UPLOADS,
        retries={"mode": "adaptive", "total_max_attempts": attempts},
        connect_timeout=5,
        read_timeout=20,
        # botocore would build its own for every request, at a tenth of a page's cost.
        user_agent="mapspan-list-objects",
        s3={"addressing_style": "path" if path_style else "auto"},
    )
    return lift_keys(boto3.client("s3", region_name=region, endpoint_url=endpoint_url, config=config))
