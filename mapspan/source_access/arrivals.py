"""Whether anything has come from the source account: an inventory's delivery, or replicas."""

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

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# Enough of a data file for its first line.
_HEAD_BYTES = 16_384


def inventory_base(deployment: Deployment) -> str:
    """What the keys of an inventory's deliveries begin with."""
    environment = deployment.environment
    existing = environment.inventory.existing
    base = f"{environment.source.bucket}/{existing.id if existing else environment.prefix}/"
    return f"{existing.prefix.rstrip('/')}/{base}" if existing and existing.prefix else base


def arrivals(deployment: Deployment) -> tuple[AccessCheck, str | None]:
    """What S3 has brought, as the caller sees it in the target account, and an object's key to try reading on."""
    if deployment.environment.key_source == "inventory":
        return _delivery(deployment)
    return _replicas(deployment)


def _delivery(deployment: Deployment) -> tuple[AccessCheck, str | None]:
    environment, s3, base = deployment.environment, deployment.s3(), inventory_base(deployment)
    bucket, hours = environment.inventory_bucket, environment.inventory.max_inventory_age_hours
    oldest = datetime.now(UTC) - timedelta(hours=hours)
    after = f"{base}{oldest:%Y-%m-%dT%H-%MZ}"
    found = s3.list_objects_v2(Bucket=bucket, Prefix=base, StartAfter=after, MaxKeys=100).get("Contents", [])
    complete = [each["Key"] for each in found if each["Key"].endswith("Z/manifest.checksum")]
    if complete:
        manifest = complete[-1].replace("manifest.checksum", "manifest.json")
        verdict = AccessCheck(call="inventory delivery", role="s3.amazonaws.com", resource=manifest, verdict="allowed")
        return verdict, _first_key(s3, bucket, manifest)
    detail = (
        f"no complete delivery of the last {hours} hours: the first one comes up to 48 hours after the inventory is"
        " configured"
    )
    missing = AccessCheck(
        call="inventory delivery",
        role="s3.amazonaws.com",
        resource=f"{bucket}/{base}",
        verdict="missing",
        detail=detail,
    )
    return missing, None


def _first_key(s3: S3Client, bucket: str, manifest: str) -> str | None:
    """The first key of a delivery, None where it has none."""
    told = json.load(s3.get_object(Bucket=bucket, Key=manifest)["Body"])
    if not told["files"] or told["fileFormat"] != "CSV":
        return None
    head = s3.get_object(Bucket=bucket, Key=told["files"][0]["key"], Range=f"bytes=0-{_HEAD_BYTES - 1}")["Body"].read()
    text = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16).decompress(head).decode()
    row = next(csv.reader(io.StringIO(text)), None)
    fields = [field.strip() for field in told["fileSchema"].split(",")]
    return unquote_plus(row[fields.index("Key")]) if row else None


def _replicas(deployment: Deployment) -> tuple[AccessCheck, str | None]:
    environment = deployment.environment
    role, bucket = f"{environment.prefix}-replication", environment.replica_bucket
    found = deployment.s3().list_objects_v2(Bucket=bucket, MaxKeys=1).get("Contents", [])
    if found:
        verdict = AccessCheck(call="s3:ReplicateObject", role=role, resource=bucket, verdict="allowed")
        return verdict, found[0]["Key"]
    detail = (
        "nothing was replicated yet: rules replicate what is put from then on, and a Batch Replication what was there"
        " before (the output copy_existing_objects_command)"
    )
    return AccessCheck(call="s3:ReplicateObject", role=role, resource=bucket, verdict="missing", detail=detail), None
