"""The settings of the key source "inventory"."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from environments.group import Settings
from environments.values import BucketName, InventoryId, KeyArn, Prefix
from modules.inventory_layout import LOOK_BACK_HOURS


class ExistingInventorySettings(Settings):
    """An S3 Inventory of the source bucket that exists already and is delivered into the target account."""

    bucket: BucketName = Field(
        description="The bucket that receives the deliveries. It is in the target account and in its Region."
    )
    id: InventoryId = Field(description="The id of the inventory configuration.")
    prefix: Prefix | None = Field(
        default=None, description="The destination prefix of the inventory configuration, if it has one."
    )
    kms_key_arn: KeyArn | None = Field(
        default=None, description="The customer managed KMS key that encrypts the deliveries, if there is one."
    )


class InventorySettings(Settings):
    """The S3 Inventory that keys come from. A delivery takes hours and is up to a day, or a week, old."""

    frequency: Literal["Daily", "Weekly"] = Field(default="Daily", description="How often S3 delivers an inventory.")
    max_inventory_age_hours: int = Field(
        default=48,
        ge=1,
        le=LOOK_BACK_HOURS,
        description="A run fails if the newest delivery is older than this many hours.",
    )
    existing: ExistingInventorySettings | None = Field(
        default=None,
        description="An S3 Inventory that exists already. Without it, the deploy configures one.",
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        hours = {"Daily": 24, "Weekly": 7 * 24}[self.frequency]
        if self.max_inventory_age_hours < hours:
            yield (
                "max_inventory_age_hours",
                f"{self.max_inventory_age_hours} is less than the {hours} hours between two deliveries, so most runs"
                f" would fail: write {hours + 24}, which leaves S3 a day for a delivery",
            )
