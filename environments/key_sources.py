"""The settings of where keys come from, and what can't go together with them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from environments.group import Settings
from environments.values import BucketName, KeyArn, Prefix


class ExistingInventorySettings(Settings):
    """An S3 Inventory of the source bucket that somebody made already, delivered into the target account."""

    bucket: BucketName = Field(description="The bucket it is delivered to: of the target account, and in its Region.")
    id: str = Field(description="The inventory configuration's id.", pattern=r"[A-Za-z0-9._-]{1,64}")
    prefix: Prefix | None = Field(default=None, description="The destination's prefix, where it has one.")
    kms_key_arn: KeyArn | None = Field(
        default=None, description="The key that its files are encrypted with, where that is a customer's."
    )


class InventorySettings(Settings):
    """The S3 Inventory that keys come from. A delivery is up to a day, or a week, old, and hours in the making."""

    frequency: Literal["Daily", "Weekly"] = Field(default="Daily", description="How often S3 makes one.")
    max_inventory_age_hours: int = Field(
        default=48, ge=1, le=31 * 24, description="A run refuses to process a delivery that is older."
    )
    existing: ExistingInventorySettings | None = Field(
        default=None, description="One that exists already, in place of one of our own making."
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        hours = {"Daily": 24, "Weekly": 7 * 24}[self.frequency]
        if self.max_inventory_age_hours < hours:
            yield (
                "max_inventory_age_hours",
                f"{self.max_inventory_age_hours} is less than the {hours} hours between two deliveries, so that most"
                f" runs would be refused: {hours + 24} leaves a day for the making of one",
            )
