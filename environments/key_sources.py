"""The settings of where keys come from, and what can't go together with them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from environments.group import Settings
from environments.values import BucketName, KeyArn, Prefix

if TYPE_CHECKING:
    from environments.settings import Environment


class ExistingInventory(Settings):
    """An S3 Inventory of the source bucket that somebody made already, delivered into the target account."""

    bucket: BucketName = Field(description="The bucket it is delivered to: of the target account, and in its Region.")
    id: str = Field(description="The inventory configuration's id.", pattern=r"[A-Za-z0-9._-]{1,64}")
    prefix: Prefix | None = Field(default=None, description="The destination's prefix, where it has one.")
    kms_key_arn: KeyArn | None = Field(
        default=None, description="The key that its files are encrypted with, where that is a customer's."
    )


class Inventory(Settings):
    """The S3 Inventory that keys come from. A delivery is up to a day, or a week, old, and hours in the making."""

    frequency: Literal["Daily", "Weekly"] = Field(default="Daily", description="How often S3 makes one.")
    max_inventory_age_hours: int = Field(
        default=48, ge=1, le=31 * 24, description="A run refuses to process a delivery that is older."
    )
    existing: ExistingInventory | None = Field(
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


def key_source_problems(environment: Environment) -> Iterator[tuple[str, str]]:
    """Each field that contradicts the key source, and what to do about it."""
    if environment.key_source != "inventory" and environment.inventory != Inventory():
        yield "inventory", 'is read where key_source is "inventory" alone: take it out, or set that'
    if environment.key_source != "listing" and environment.list_objects != type(environment.list_objects)():
        yield "list_objects", 'is the listing\'s function: take it out, or set key_source = "listing"'
    if environment.key_source == "inventory":
        yield from _inventory_problems(environment)
    if environment.key_source == "replication":
        yield from _replication_problems(environment)


def _inventory_problems(environment: Environment) -> Iterator[tuple[str, str]]:
    source, existing = environment.source, environment.inventory.existing
    if environment.source_region != environment.region:
        yield (
            "source.region",
            f"S3 delivers an inventory within the bucket's own Region, {source.region}, and the Map in its own,"
            f' {environment.region}: deploy to {source.region}, or set key_source = "listing"',
        )
    if len(source.prefixes) > 1:
        yield (
            "source.prefixes",
            "an inventory covers one prefix, and a run reads one inventory: name one prefix here, or none for the"
            " whole bucket, and make an environment for each",
        )
    if environment.schedule and environment.schedule.prefixes:
        yield "schedule.prefixes", "a run takes an inventory whole: take them out"
    if existing and existing.kms_key_arn and f":{environment.region}:" not in existing.kms_key_arn:
        yield "inventory.existing.kms_key_arn", f"is a key of another Region than its bucket's, {environment.region}"


def _replication_problems(environment: Environment) -> Iterator[tuple[str, str]]:
    source = environment.source
    if source.bucket_policy == "merge":
        yield (
            "source.bucket_policy",
            'is "merge", and the replication rules of a bucket are one document, which Terraform replaces: set "own" if'
            ' the bucket has no rules that are others\', or "handover" for its owner to add ours',
        )
    if source.kms_key_arn and not environment.kms_key_arn:
        yield (
            "kms_key_arn",
            "is missing: S3 replicates objects that a customer's key encrypts only if it is told a key of the target"
            " account for the replicas",
        )
    if environment.schedule and len(environment.schedule.prefixes) > 1:
        yield "schedule.prefixes", "a Map lists one prefix of the replica: name one, or none for all of it"
