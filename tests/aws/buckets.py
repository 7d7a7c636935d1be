"""Buckets of one account: create, fill, read and delete with all versions."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.exceptions import ClientError

from modules.location import Location
from tests.aws.lifetime import Cleanup

_THREADS = 8


def create_bucket(s3: Any, name: str, location: Location, cleanup: Cleanup) -> None:
    """Create the bucket, and delete it at the end."""
    cleanup.later(f"bucket {name}", lambda: delete_bucket(s3, name))
    # us-east-1 is S3's default, which it refuses as a constraint.
    constraint = {"CreateBucketConfiguration": {"LocationConstraint": location.region}}
    with contextlib.suppress(s3.exceptions.BucketAlreadyOwnedByYou):  # left by a call that was killed
        s3.create_bucket(Bucket=name, **({} if location.region == "us-east-1" else constraint))


def bucket_exists(s3: Any, name: str) -> bool:
    """Raises ClientError for any answer but yes and no, such as a denied call."""
    try:
        s3.head_bucket(Bucket=name)
    except ClientError as error:
        if error.response["Error"]["Code"] in {"404", "NoSuchBucket"}:
            return False
        raise
    return True


def delete_bucket(s3: Any, name: str) -> None:
    """Delete the bucket with all versions of its objects, if it exists."""
    if not bucket_exists(s3, name):
        return
    # One by one: DeleteObjects takes XML, which can't carry every key.
    with ThreadPoolExecutor(_THREADS) as pool:
        list(pool.map(lambda object_: s3.delete_object(Bucket=name, **object_), _versions(s3, name)))
    s3.delete_bucket(Bucket=name)


def _versions(s3: Any, bucket: str) -> Iterator[dict[str, str]]:
    """The key of each object, with its version if the bucket has versions."""
    if "Status" not in s3.get_bucket_versioning(Bucket=bucket):
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
            yield from ({"Key": entry["Key"]} for entry in page.get("Contents", []))
        return
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for version in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
            yield {"Key": version["Key"], "VersionId": version["VersionId"]}


def put_objects(s3: Any, bucket: str, objects: Mapping[str, bytes]) -> None:
    with ThreadPoolExecutor(_THREADS) as pool:
        list(pool.map(lambda item: s3.put_object(Bucket=bucket, Key=item[0], Body=item[1]), objects.items()))


def read_objects(s3: Any, bucket: str, prefix: str) -> Iterator[tuple[str, bytes]]:
    """The keys and the bodies below a prefix."""
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for entry in page.get("Contents", []):
            yield entry["Key"], s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()
