"""Finds the object that an inventory's ambiguous key stands for, by its ETag."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from lambdas.job.failures import ObjectFailure, s3_code
from lambdas.job.reads import quoted
from lambdas.shared.inventory_keys import candidates

if TYPE_CHECKING:
    from lambdas.job.bucket import Bucket
    from lambdas.shared.child_input import Item

# How S3 answers if the object has changed, and if it doesn't exist: with 403 to a role that may not list the bucket.
_CHANGED, _ABSENT = {"412", "PreconditionFailed"}, {"403", "404", "AccessDenied", "NoSuchKey"}


class AmbiguousKey(ObjectFailure):
    """The key stands for two objects, and nothing shows which of them the inventory has."""


def resolve_key(item: Item, *, source: Bucket) -> str | None:
    """The key of the object that the item's `InventoryKey` stands for; None if neither candidate exists.

    An unchanged object wins over a changed one; of two unchanged ones, the one with the inventory's modification time.
    Raises AmbiguousKey, and any S3 error other than a missing or a changed object.
    """
    unchanged: list[tuple[str, str]] = []
    changed: list[str] = []
    for key in candidates(item["InventoryKey"]):
        try:
            answer = source.client.head_object(
                Bucket=source.name,
                Key=key,
                ExpectedBucketOwner=source.owner,
                **source.payer,
                IfMatch=quoted(item.get("ETag", "")),
            )
            unchanged.append((key, answer["LastModified"].strftime("%Y-%m-%dT%H:%M:%S")))
        except ClientError as error:
            code = s3_code(error)
            if code in _CHANGED:
                changed.append(key)
            elif code not in _ABSENT:
                raise
    modified = item.get("LastModifiedDate", "")[:19]
    keys = [key for key, time in unchanged if time == modified] if len(unchanged) > 1 else []
    keys = keys or [key for key, _ in unchanged] or changed
    if len(keys) > 1:
        raise AmbiguousKey(
            f"the inventory's key {item['InventoryKey']!r} may stand for {keys[0]!r} or {keys[1]!r}, and both objects"
            " match it: process them with a key list that names both"
        )
    return keys[0] if keys else None
