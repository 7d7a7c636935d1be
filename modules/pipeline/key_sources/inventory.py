"""Inventory: S3 itself writes a list of the source bucket's keys into a bucket of the target account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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
from environments.select import SelectSettings
from modules.bucket_reference import BucketReference
from modules.inventory_layout import deliveries
from modules.pipeline.handover import Request
from modules.pipeline.key_sources.inventory_request import inventory_fields, inventory_request
from modules.pipeline.workflow.key_sources.inventory import InventoryStates
from modules.private_bucket import PrivateBucket
from modules.statements.inventory import deliver, encrypt_deliveries
from modules.terraform_template import json_literal


class Inventory(Construct):
    """The inventory's configuration and the bucket that it is delivered to, unless both exist already.

    Args:
        id_: also the id of the configuration; several environments may share a source bucket.
        name: the configuration's name.
        source: the source bucket, with at most one prefix.
        destination: the bucket of the deliveries, in the target account.
        settings: how often S3 delivers, how old a delivery may be, and the existing configuration if there is one.
        select: which of the objects are processed.
        provider: the source account's; if None, the account's owner is asked to configure the inventory.
        expire_after_days: days after which deliveries are deleted; None keeps them.
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
        destination: BucketReference,
        settings: InventorySettings,
        select: SelectSettings,
        provider: cdktf.TerraformProvider | None,
        expire_after_days: int | None,
        destroyable: bool,
    ) -> None:
        super().__init__(scope, id_)
        self._name, self._source, self._destination, self._settings = name, source, destination, settings
        self._select = select
        self.objects = source
        self.machine_keys = destination.keys
        self.requests: Sequence[Request] = ()
        self.outputs: Mapping[str, str] = {"inventory_bucket": destination.name}
        self.states = InventoryStates(
            bucket=destination.name,
            account_id=destination.location.account_id,
            base=self._base,
            prefix=source.prefixes[0] if source.prefixes else "",
            max_age_hours=settings.max_inventory_age_hours,
            select=select.conditions,
        )
        if settings.existing:
            return
        self.outputs = {**self.outputs, **self._key_policy_statement()}
        bucket = self._bucket(expire_after_days, destroyable)
        if provider is None:
            self.requests = [
                inventory_request(
                    name, source, destination, frequency=settings.frequency, fields=inventory_fields(select)
                )
            ]
        else:
            self._configure(bucket, provider)

    @property
    def _base(self) -> str:
        """What the deliveries' keys begin with: `[<destination prefix>/]<source bucket>/<configuration's id>/`."""
        existing = self._settings.existing
        if existing:
            return deliveries(self._source.name, existing.id, existing.prefix)
        return deliveries(self._source.name, self._name)

    def _key_policy_statement(self) -> dict[str, str]:
        """The statement for the policy of the destination's key, as an output, if the destination has a key."""
        if not self._destination.key_arn:
            return {}
        statement = encrypt_deliveries(self._source.arn, self._source.location.account_id)
        return {"kms_key_policy_statement": json_literal(statement)}

    def _bucket(self, expire_after_days: int | None, destroyable: bool) -> PrivateBucket:
        # A run may take a delivery until max_inventory_age_hours: it must not be deleted before.
        days_in_use = 1 + -(-self._settings.max_inventory_age_hours // 24)
        source, destination = self._source, self._destination
        return PrivateBucket(
            self,
            "bucket",
            name=destination.name,
            location=destination.location,
            expire_after_days=expire_after_days and max(expire_after_days, days_in_use),
            destroyable=destroyable,
            kms_key_arn=destination.key_arn,
            statements=[deliver(source.arn, source.location.account_id, destination.arn, self._base)],
        )

    def _configure(self, bucket: PrivateBucket, provider: cdktf.TerraformProvider) -> None:
        source, destination = self._source, self._destination
        S3BucketInventory(
            self,
            "this",
            provider=provider,
            bucket=source.name,
            name=self._name,
            included_object_versions="Current",
            optional_fields=inventory_fields(self._select),
            schedule=S3BucketInventorySchedule(frequency=self._settings.frequency),
            filter=S3BucketInventoryFilter(prefix=source.prefixes[0]) if source.prefixes else None,
            destination=S3BucketInventoryDestination(
                bucket=S3BucketInventoryDestinationBucket(
                    format="CSV",
                    bucket_arn=destination.arn,
                    account_id=destination.location.account_id,
                    encryption=_encryption(destination.key_arn),
                )
            ),
            depends_on=[bucket.policy],  # S3 tests whether it may write there
        )


def _encryption(key_arn: str | None) -> S3BucketInventoryDestinationBucketEncryption:
    if key_arn is None:
        return S3BucketInventoryDestinationBucketEncryption(sse_s3=S3BucketInventoryDestinationBucketEncryptionSseS3())
    return S3BucketInventoryDestinationBucketEncryption(
        sse_kms=S3BucketInventoryDestinationBucketEncryptionSseKms(key_id=key_arn)
    )
