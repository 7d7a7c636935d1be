"""The S3 client of a worker."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import boto3
import botocore.session
from botocore.config import Config

from .answers import quicken_headers, read_time

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
    return quicken_headers(_session().client("s3", region_name=region, endpoint_url=endpoint_url, config=config))


@cache
def _session() -> boto3.Session:
    """One for all clients, since each reads S3's model from its file."""
    session = botocore.session.get_session()
    session.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=read_time)
    return boto3.Session(botocore_session=session)
