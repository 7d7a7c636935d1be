"""A bucket that the worker reads from or writes to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True)
class Bucket:
    """Its name, its owner's account id, and a client of its Region. `prefix`: what an output's keys begin with."""

    client: S3Client
    name: str
    owner: str
    prefix: str = ""
