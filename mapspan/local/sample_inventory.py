"""An S3 Inventory delivery in AWS's own format, for a local cloud: nothing there makes one.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory-location.html
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SCHEMA = ("Bucket", "Key", "Size", "LastModifiedDate", "ETag")


def delivery(
    objects: Iterable[Mapping[str, Any]],
    *,
    source: str,
    destination: str,
    base: str,
    made: datetime,
    file_format: str = "CSV",
    schema: tuple[str, ...] = SCHEMA,
) -> dict[str, bytes]:
    """The files by key. `objects` are as ListObjectsV2 tells them, `base` ends with the configuration's id."""
    rows = io.StringIO()
    writer = csv.writer(rows, quoting=csv.QUOTE_ALL, lineterminator="\n")
    for each in objects:
        told = {
            "Bucket": source,
            "Key": quote_plus(each["Key"], safe="/"),
            "Size": each["Size"],
            "LastModifiedDate": each["LastModified"].astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "ETag": each["ETag"].strip('"'),
        }
        writer.writerow(told.get(field, "") for field in schema)
    data = gzip.compress(rows.getvalue().encode(), mtime=0)
    checksum = hashlib.md5(data, usedforsecurity=False).hexdigest()
    file = f"{base}data/{checksum}.csv.gz"
    folder = f"{base}{made.astimezone(UTC):%Y-%m-%dT%H-%MZ}/"
    manifest = json.dumps(
        {
            "sourceBucket": source,
            "destinationBucket": f"arn:aws:s3:::{destination}",
            "version": "2016-11-30",
            "creationTimestamp": str(round(made.timestamp() * 1000)),
            "fileFormat": file_format,
            "fileSchema": ", ".join(schema),
            "files": [{"key": file, "size": len(data), "MD5checksum": checksum}],
        },
        indent=2,
    ).encode()
    return {
        file: data,
        f"{folder}manifest.json": manifest,
        f"{folder}manifest.checksum": hashlib.md5(manifest, usedforsecurity=False).hexdigest().encode(),
    }


def lay_down(
    source_s3: S3Client,
    target_s3: S3Client,
    *,
    source: str,
    destination: str,
    base: str,
    prefix: str = "",
    made: datetime | None = None,
) -> int:
    """Deliver an inventory of what the source bucket has below `prefix`, as S3 would; returns how many keys it has."""
    pages = source_s3.get_paginator("list_objects_v2").paginate(Bucket=source, Prefix=prefix)
    objects = [each for page in pages for each in page.get("Contents", [])]
    files = delivery(objects, source=source, destination=destination, base=base, made=made or datetime.now(UTC))
    for key, body in files.items():
        target_s3.put_object(Bucket=destination, Key=key, Body=body)
    return len(objects)
