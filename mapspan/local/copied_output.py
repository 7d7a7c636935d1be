"""Copies the objects of an output bucket to files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mapspan.checkout import CommandError
from mapspan.outside_text import visible

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def copy_output(client: S3Client, bucket: str, directory: Path) -> int:
    """Write each object of the bucket to the file below `directory` that its key names. Returns how many.

    Raises:
        CommandError: a key can't be the path of a file below the directory.
    """
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="")
    keys = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
    for key in keys:
        file = directory / _relative_path(key)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(client.get_object(Bucket=bucket, Key=key)["Body"].read())
    return len(keys)


def _relative_path(key: str) -> Path:
    parts = key.split("/")
    if "\0" in key or any(part in ("", ".", "..") for part in parts):
        raise CommandError(f"the output {visible(key)} can't be copied: its key is not the path of a file")
    return Path(*parts)
