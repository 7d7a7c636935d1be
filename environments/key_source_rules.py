"""The rules between the key source and the other settings."""

from __future__ import annotations

from collections.abc import Iterator

from environments.all_settings import AllSettings
from environments.key_sources import InventorySettings
from modules.pipeline.workflow.names import INVENTORY, LISTING, REPLICATION


def key_source_problems(environment: AllSettings) -> Iterator[tuple[str, str]]:
    """Yield each field that contradicts the key source, and a sentence: what is wrong and what to write."""
    if environment.key_source != INVENTORY and environment.inventory != InventorySettings():
        yield (
            "inventory",
            f'used only if key_source is "{INVENTORY}": remove this table, or write key_source = "{INVENTORY}"',
        )
    if environment.key_source != LISTING and environment.list_objects != type(environment.list_objects)():
        yield (
            "list_objects",
            f'used only if key_source is "{LISTING}": remove this table, or write key_source = "{LISTING}"',
        )
    if environment.key_source != LISTING and environment.select.changed_since:
        yield (
            "select.changed_since",
            f'needs key_source = "{LISTING}": the Map reads an inventory or a replica by itself, and nothing decides'
            " beforehand what is new: remove it, or use the listing",
        )
    if environment.key_source == REPLICATION and environment.source.requester_pays:
        yield (
            "source.requester_pays",
            f'not used with key_source = "{REPLICATION}", which reads the replica in the target account: remove it',
        )
    if environment.key_source == INVENTORY:
        yield from _inventory_problems(environment)
    if environment.key_source == REPLICATION:
        yield from _replication_problems(environment)


def _inventory_problems(environment: AllSettings) -> Iterator[tuple[str, str]]:
    source, existing = environment.source, environment.inventory.existing
    if environment.source_region != environment.region:
        yield (
            "source.region",
            f"S3 delivers an inventory in the source bucket's Region, {source.region}, but the Map reads it in"
            f' {environment.region}: write region = "{source.region}", or key_source = "{LISTING}"',
        )
    if len(source.prefixes) > 1:
        yield (
            "source.prefixes",
            "an inventory covers one prefix or the whole bucket, and a run reads one inventory: write one prefix, or"
            " none, and one environment per further prefix",
        )
    if environment.schedule and environment.schedule.prefixes:
        yield "schedule.prefixes", "a run always processes the whole inventory: remove this setting"
    if existing and existing.kms_key_arn and f":{environment.region}:" not in existing.kms_key_arn:
        yield (
            "inventory.existing.kms_key_arn",
            f"this key is not in its bucket's Region: write a key of {environment.region}",
        )


def _replication_problems(environment: AllSettings) -> Iterator[tuple[str, str]]:
    source = environment.source
    if source.bucket_policy == "merge":
        yield (
            "source.bucket_policy",
            '"merge" does not work with replication, because the replication rules of a bucket are one document, which'
            ' Terraform replaces: write "own" if the bucket has no other rules, or "handover" so that its owner adds'
            " ours",
        )
    if source.kms_key_arn and not environment.kms_key_arn:
        yield (
            "kms_key_arn",
            "required but missing: S3 replicates objects that are encrypted with source.kms_key_arn only if it knows a"
            " key for the replicas: write a key of the target account",
        )
    if environment.schedule and len(environment.schedule.prefixes) > 1:
        yield "schedule.prefixes", "a Map lists one prefix of the replica: write one prefix, or none for all of them"
