"""An S3 Inventory delivery in AWS's format, for the local cloud, which delivers none itself.

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

from modules.inventory_layout import CHECKSUM, DATA, MANIFEST

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SCHEMA = ("Bucket", "Key", "Size", "LastModifiedDate", "ETag")


def delivery(
    objects: Iterable[Mapping[str, Any]],
    *,
    source: str,
    destination: str,
    base: str,
    created: datetime,
    file_format: str = "CSV",
    schema: tuple[str, ...] = SCHEMA,
) -> dict[str, bytes]:
    """The files of a delivery, by key.

    Args:
        objects: as in the answer of ListObjectsV2.
        base: the beginning of the keys; it ends with the id of the inventory configuration.
    """
    rows = io.StringIO()
    writer = csv.writer(rows, quoting=csv.QUOTE_ALL, lineterminator="\n")
    for object_ in objects:
        record = {
            "Bucket": source,
            "Key": quote_plus(object_["Key"], safe="/"),
            "Size": object_["Size"],
            "LastModifiedDate": object_["LastModified"].astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "ETag": object_["ETag"].strip('"'),
        }
        writer.writerow(record.get(field, "") for field in schema)
    data = gzip.compress(rows.getvalue().encode(), mtime=0)
    checksum = hashlib.md5(data, usedforsecurity=False).hexdigest()
    file = f"{base}{DATA}{checksum}.csv.gz"
    folder = f"{base}{created.astimezone(UTC):%Y-%m-%dT%H-%MZ}/"
    manifest = json.dumps(
        {
            "sourceBucket": source,
            "destinationBucket": f"arn:aws:s3:::{destination}",
            "version": "2016-11-30",
            "creationTimestamp": str(round(created.timestamp() * 1000)),
            "fileFormat": file_format,
            "fileSchema": ", ".join(schema),
            "files": [{"key": file, "size": len(data), "MD5checksum": checksum}],
        },
        indent=2,
    ).encode()
    return {
        file: data,
        f"{folder}{MANIFEST}": manifest,
        f"{folder}{CHECKSUM}": hashlib.md5(manifest, usedforsecurity=False).hexdigest().encode(),
    }


def deliver_inventory(
    source_s3: S3Client,
    target_s3: S3Client,
    *,
    source: str,
    destination: str,
    base: str,
    prefix: str = "",
    created: datetime | None = None,
) -> int:
    """Deliver an inventory of the source bucket's objects below `prefix`, as S3 does. Returns its number of keys."""
    pages = source_s3.get_paginator("list_objects_v2").paginate(Bucket=source, Prefix=prefix)
    objects = [object_ for page in pages for object_ in page.get("Contents", [])]
    created = created or datetime.now(UTC)
    files = delivery(objects, source=source, destination=destination, base=base, created=created)
    for key, body in files.items():
        target_s3.put_object(Bucket=destination, Key=key, Body=body)
    return len(objects)
