"""What has arrived from the source account: an inventory's delivery, or replicas."""

from __future__ import annotations

import csv
import io
import json
import zlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from mapspan.deployment import Deployment
from mapspan.source_access.access_check import AccessCheck
from modules.inventory_layout import CHECKSUM, MANIFEST, deliveries
from modules.pipeline.workflow.names import INVENTORY
from modules.resource_names import replication_role

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# Enough of a data file to contain its first line.
_HEAD_BYTES = 16_384


def inventory_base(deployment: Deployment) -> str:
    """The beginning of the keys of an inventory's deliveries."""
    environment = deployment.environment
    existing = environment.inventory.existing
    if existing:
        return deliveries(environment.source.bucket, existing.id, existing.prefix)
    return deliveries(environment.source.bucket, environment.prefix)


def arrivals(deployment: Deployment) -> tuple[AccessCheck, str | None]:
    """Whether S3 has delivered anything, as the caller sees it in the target account.

    Returns the check, and the key of an object to try reading; None if no key is known.
    """
    return _delivery(deployment) if deployment.environment.key_source == INVENTORY else _replicas(deployment)


def _delivery(deployment: Deployment) -> tuple[AccessCheck, str | None]:
    environment, s3, base = deployment.environment, deployment.s3(), inventory_base(deployment)
    bucket, hours = environment.inventory_bucket, environment.inventory.max_inventory_age_hours
    call, role = "inventory delivery", "s3.amazonaws.com"
    oldest = datetime.now(UTC) - timedelta(hours=hours)
    start_after = f"{base}{oldest:%Y-%m-%dT%H-%MZ}"
    objects = s3.list_objects_v2(Bucket=bucket, Prefix=base, StartAfter=start_after, MaxKeys=100).get("Contents", [])
    # S3 writes the checksum last: a delivery with one is complete.
    checksums = [object_["Key"] for object_ in objects if object_["Key"].endswith(f"Z/{CHECKSUM}")]
    if checksums:
        manifest = checksums[-1].replace(CHECKSUM, MANIFEST)
        check = AccessCheck(call=call, role=role, resource=manifest, verdict="allowed")
        return check, _first_key(s3, bucket, manifest)
    detail = (
        f"no complete delivery in the last {hours} hours: S3 makes the first one up to 48 hours after the inventory is"
        " configured"
    )
    return AccessCheck(call=call, role=role, resource=f"{bucket}/{base}", verdict="missing", detail=detail), None


def _first_key(s3: S3Client, bucket: str, manifest_key: str) -> str | None:
    """The first key of a delivery; None if it has none, or if it isn't CSV."""
    manifest = json.load(s3.get_object(Bucket=bucket, Key=manifest_key)["Body"])
    if not manifest["files"] or manifest["fileFormat"] != "CSV":
        return None
    file = manifest["files"][0]["key"]
    head = s3.get_object(Bucket=bucket, Key=file, Range=f"bytes=0-{_HEAD_BYTES - 1}")["Body"].read()
    text = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16).decompress(head).decode()
    row = next(csv.reader(io.StringIO(text)), None)
    fields = [field.strip() for field in manifest["fileSchema"].split(",")]
    return unquote_plus(row[fields.index("Key")]) if row else None


def _replicas(deployment: Deployment) -> tuple[AccessCheck, str | None]:
    environment = deployment.environment
    call, role, bucket = "s3:ReplicateObject", replication_role(environment.prefix), environment.replica_bucket
    objects = deployment.s3().list_objects_v2(Bucket=bucket, MaxKeys=1).get("Contents", [])
    if objects:
        return AccessCheck(call=call, role=role, resource=bucket, verdict="allowed"), objects[0]["Key"]
    detail = (
        "nothing is replicated yet: S3 replicates objects that are written from now on; copy the existing ones with"
        " the command in the output copy_existing_objects_command"
    )
    return AccessCheck(call=call, role=role, resource=bucket, verdict="missing", detail=detail), None
