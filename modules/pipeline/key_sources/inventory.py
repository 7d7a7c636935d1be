"""Inventory: S3 itself writes down the source bucket's keys, into a bucket of the target account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import cdktf
from cdktf_cdktf_provider_aws.s3_bucket_inventory import (
    S3BucketInventory,
    S3BucketInventoryDestination,
    S3BucketInventoryDestinationBucket,
    S3BucketInventoryDestinationBucketEncryption,
    S3BucketInventoryDestinationBucketEncryptionSseKms,
    S3BucketInventoryDestinationBucketEncryptionSseS3,
    S3BucketInventoryFilter,
    S3BucketInventorySchedule,
)
from constructs import Construct

from environments.key_sources import InventorySettings
from modules.bucket_reference import BucketReference
from modules.pipeline.handover import Request
from modules.pipeline.workflow.key_sources import inventory as asl
from modules.private_bucket import PrivateBucket
from modules.statements.inventory import deliver, encrypt_deliveries
from modules.terraform_template import json_literal

# What the worker tells an object by, beside its key; the bucket and the key are always there.
FIELDS = ("Size", "LastModifiedDate", "ETag")


class Inventory(Construct):
    """The inventory's configuration and the bucket it is delivered to, unless both exist already.

    Args:
        id_: of the configuration, too; several environments may share a source bucket.
        source: the source bucket, with one prefix at most.
        delivered: the bucket of the deliveries, in the target account.
        settings: how often, how old at most, and whether it exists.
        provider: the source account's; without it, its owner is asked to configure the inventory.
        expire_after_days: days after which deliveries go; None keeps them.
        destroyable: whether `terraform destroy` may delete the bucket with the deliveries in it.
    """

    reads_source = True
    lister = None

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        source: BucketReference,
        delivered: BucketReference,
        settings: InventorySettings,
        provider: cdktf.TerraformProvider | None,
        expire_after_days: int | None,
        destroyable: bool,
    ) -> None:
        super().__init__(scope, id_)
        self.objects = source
        self.machine_keys = delivered.keys
        self.requests: Sequence[Request] = ()
        self.outputs: Mapping[str, str] = {"inventory_bucket": delivered.name}
        existing = settings.existing
        base = f"{source.name}/{existing.id if existing else name}/"
        if existing and existing.prefix:
            base = f"{existing.prefix.rstrip('/')}/{base}"
        self.states = asl.InventoryStates(
            bucket=delivered.name,
            account_id=delivered.location.account_id,
            base=base,
            prefix=source.prefixes[0] if source.prefixes else "",
            max_age_hours=settings.max_inventory_age_hours,
        )
        if existing:
            return
        if delivered.key_arn:
            statement = encrypt_deliveries(source.arn, source.location.account_id)
            self.outputs = {**self.outputs, "kms_key_policy_statement": json_literal(statement)}
        bucket = PrivateBucket(
            self,
            "bucket",
            name=delivered.name,
            location=delivered.location,
            # A delivery must outlive the time for which a run may take it.
            expire_after_days=expire_after_days
            and max(expire_after_days, 1 + -(-settings.max_inventory_age_hours // 24)),
            destroyable=destroyable,
            kms_key_arn=delivered.key_arn,
            statements=[deliver(source.arn, source.location.account_id, delivered.arn, base)],
        )
        if provider is None:
            self.requests = [_request(name, source, delivered, settings.frequency)]
        else:
            self._configure(name, source, delivered, frequency=settings.frequency, bucket=bucket, provider=provider)

    def _configure(
        self,
        name: str,
        source: BucketReference,
        delivered: BucketReference,
        *,
        frequency: str,
        bucket: PrivateBucket,
        provider: cdktf.TerraformProvider,
    ) -> None:
        encryption = (
            S3BucketInventoryDestinationBucketEncryption(
                sse_kms=S3BucketInventoryDestinationBucketEncryptionSseKms(key_id=delivered.key_arn)
            )
            if delivered.key_arn
            else S3BucketInventoryDestinationBucketEncryption(
                sse_s3=S3BucketInventoryDestinationBucketEncryptionSseS3()
            )
        )
        S3BucketInventory(
            self,
            "this",
            provider=provider,
            bucket=source.name,
            name=name,
            included_object_versions="Current",
            optional_fields=list(FIELDS),
            schedule=S3BucketInventorySchedule(frequency=frequency),
            filter=S3BucketInventoryFilter(prefix=source.prefixes[0]) if source.prefixes else None,
            destination=S3BucketInventoryDestination(
                bucket=S3BucketInventoryDestinationBucket(
                    format="CSV",
                    bucket_arn=delivered.arn,
                    account_id=delivered.location.account_id,
                    encryption=encryption,
                )
            ),
            depends_on=[bucket.policy],  # S3 tries whether it may write there
        )


def _request(name: str, source: BucketReference, delivered: BucketReference, frequency: str) -> Request:
    """The same configuration, for the source account's owner to put."""
    configuration: dict[str, Any] = {
        "Id": name,
        "IsEnabled": True,
        "IncludedObjectVersions": "Current",
        "OptionalFields": list(FIELDS),
        "Schedule": {"Frequency": frequency},
        "Destination": {
            "S3BucketDestination": {
                "AccountId": delivered.location.account_id,
                "Bucket": delivered.arn,
                "Format": "CSV",
                "Encryption": {"SSEKMS": {"KeyId": delivered.key_arn}} if delivered.key_arn else {"SSES3": {}},
            }
        },
    }
    if source.prefixes:
        configuration["Filter"] = {"Prefix": source.prefixes[0]}
    return Request(
        files={"inventory": configuration},
        words=f"""Configure an S3 Inventory of the bucket, which S3 delivers to account {delivered.location.account_id}
{frequency.lower()}. It tells names, sizes, times and ETags of objects, and nothing of what is in them. The first one
comes up to 48 hours later.

```sh
aws s3api put-bucket-inventory-configuration --bucket {source.name} --id {name} \\
  --inventory-configuration file://inventory.json
```

To end it: `aws s3api delete-bucket-inventory-configuration --bucket {source.name} --id {name}`.""",
    )
