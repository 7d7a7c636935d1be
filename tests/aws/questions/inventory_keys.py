"""How the keys of an S3 Inventory arrive.

It takes two calls: the first configures an inventory, the second, a day or two later, reads its delivery.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

from mapspan.local.sample_inventory import deliver_inventory
from mapspan.local.sample_objects import NASTY_KEYS
from modules.inventory_layout import CHECKSUM, MANIFEST, deliveries
from modules.statements import policy_document
from tests.aws.buckets import bucket_exists, create_bucket, delete_bucket, put_objects
from tests.aws.definitions import file_reader, one_map
from tests.aws.lifetime import Cleanup
from tests.aws.question import Facts, Question
from tests.aws.unanswered import Unanswered

if TYPE_CHECKING:
    from tests.aws.bench import Bench

_ID = "aws-test"
# S3 delivers the first inventory within 48 hours; a day more, and it won't come.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory.html
_GIVE_UP = timedelta(hours=72)
_KEYS = [f"keys/{name}" for name in NASTY_KEYS]


class Inventory:
    """A source bucket with an inventory of its own, and the bucket that it is delivered to.

    Both stay between the two calls.
    """

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        source, target = bench.accounts.source, bench.accounts.target
        self.source = bench.name("inventoried", source.account_id, source.region)
        self.destination = bench.name("inventory", target.account_id, target.region)
        self.base = deliveries(self.source, _ID)

    def configure(self) -> None:
        """Create everything, or nothing: an interrupted call is cleaned up."""
        bench, cleanup = self.bench, Cleanup(self.bench.report)
        try:
            create_bucket(bench.s3, self.destination, bench.accounts.target, cleanup)
            create_bucket(bench.source_s3, self.source, bench.accounts.source, cleanup)
            bench.s3.put_bucket_policy(Bucket=self.destination, Policy=json.dumps(self._policy()))
            put_objects(bench.source_s3, self.source, dict.fromkeys(_KEYS, b"x"))
            bench.source_s3.put_bucket_inventory_configuration(
                Bucket=self.source, Id=_ID, InventoryConfiguration=self._configuration()
            )
        except BaseException:
            cleanup.clean()
            bench.cleanup.left += cleanup.left
            raise

    def manifest(self) -> str | None:
        """The key of the newest complete delivery's manifest; None before the first."""
        pages = self.bench.s3.get_paginator("list_objects_v2").paginate(Bucket=self.destination, Prefix=self.base)
        keys = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
        complete = [key for key in keys if key.endswith(f"Z/{CHECKSUM}")]
        return complete[-1].removesuffix(CHECKSUM) + MANIFEST if complete else None

    def configured(self) -> datetime:
        buckets = self.bench.s3.list_buckets()["Buckets"]
        created: datetime = next(bucket["CreationDate"] for bucket in buckets if bucket["Name"] == self.destination)
        return created

    def deliver(self) -> None:
        """Deliver in place of S3, on the local cloud."""
        deliver_inventory(
            self.bench.source_s3, self.bench.s3, source=self.source, destination=self.destination, base=self.base
        )

    def delete(self) -> None:
        delete_bucket(self.bench.source_s3, self.source)
        delete_bucket(self.bench.s3, self.destination)

    def _policy(self) -> dict[str, object]:
        """https://docs.aws.amazon.com/AmazonS3/latest/userguide/configure-inventory.html"""
        target, source = self.bench.accounts.target, self.bench.accounts.source
        return policy_document(
            [
                {
                    "Sid": "Inventory",
                    "Effect": "Allow",
                    "Principal": {"Service": "s3.amazonaws.com"},
                    "Action": "s3:PutObject",
                    "Resource": target.bucket_arn(self.destination, "*"),
                    "Condition": {
                        "ArnLike": {"aws:SourceArn": source.bucket_arn(self.source)},
                        "StringEquals": {"aws:SourceAccount": source.account_id},
                    },
                }
            ]
        )

    def _configuration(self) -> dict[str, Any]:
        target = self.bench.accounts.target
        destination = {
            "AccountId": target.account_id,
            "Bucket": target.bucket_arn(self.destination),
            "Format": "CSV",
        }
        return {
            "Id": _ID,
            "IsEnabled": True,
            "Destination": {"S3BucketDestination": destination},
            "IncludedObjectVersions": "Current",
            "OptionalFields": ["Size", "ETag"],
            "Schedule": {"Frequency": "Daily"},
        }


def ask(bench: Bench) -> Facts:
    inventory = Inventory(bench)
    if not bucket_exists(bench.s3, inventory.destination):
        inventory.configure()
        if not bench.accounts.is_local:
            raise Unanswered("an inventory is configured: call again in two days. Two buckets wait until then")
        inventory.deliver()
    manifest = inventory.manifest()
    if manifest is None:
        configured = inventory.configured()
        if datetime.now(UTC) - configured < _GIVE_UP:
            raise Unanswered(f"no delivery yet: the inventory was configured on {configured:%Y-%m-%d %H:%M} UTC")
        bench.cleanup.later("the inventory's buckets", inventory.delete)
        return {"delivery": f"none within {_GIVE_UP.days} days"}
    bench.cleanup.later("the inventory's buckets", inventory.delete)
    return read(bench, inventory, manifest)


def read(bench: Bench, inventory: Inventory, manifest: str) -> Facts:
    """How each key arrives at a child, and how it stands in the delivered file's encoding."""
    reader = file_reader(inventory.destination, manifest)
    reader["ReaderConfig"] = {"ManifestType": "S3_INVENTORY"}
    outcome = bench.run(one_map(ItemReader=reader, ItemBatcher={"MaxItemsPerBatch": 100}))
    items = [item for batch in bench.inputs(outcome) for item in batch["Items"]]
    arrived = {item["Key"] for item in items}
    return {
        **outcome.facts,
        "fields of an item": sorted(items[0]) if items else [],
        "keys that arrive as they are": sorted(key for key in _KEYS if key in arrived),
        "keys that arrive URL-encoded": sorted(
            key for key in _KEYS if key not in arrived and quote_plus(key, safe="/") in arrived
        ),
        "other keys": sorted(arrived - {*_KEYS} - {quote_plus(key, safe="/") for key in _KEYS}),
    }


QUESTION = Question(
    name="inventory_keys",
    question="Does Step Functions decode the URL-encoded keys of an S3 Inventory?",
    assumption="Unknown: mapspan tries a key both ways, and recognizes the object by its ETag"
    " ([decision 54](decisions/0054-the-definition-finds-the-inventory.md)).",
    ask=ask,
    asked="inventory",
    minutes=3,
)
