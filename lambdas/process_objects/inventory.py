"""What an S3 Inventory says of an object, and which object that is.

A delivery's keys are URL-encoded; whether Step Functions decodes them is documented nowhere. So a key is taken both
ways where both are possible, and the object's ETag tells which one is meant.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory-location.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_s3 import S3Client

    from .outcome import Item

# All that encoding may leave: printable ASCII without space, and % before two hexadecimal digits alone.
_ENCODED = re.compile(r"(?:[!-$&-~]|%[0-9A-Fa-f]{2})*")
# What S3 answers of an object that is another one by now, or isn't there. A role that may not list hears 403 of that.
_CHANGED, _ABSENT = {"412", "PreconditionFailed"}, {"403", "404", "AccessDenied", "NoSuchKey"}


class AmbiguousKey(Exception):  # noqa: N818 # the outcome's name
    """Two objects may be the one that is meant, and nothing tells them apart."""


def candidates(handed_over: str) -> list[str]:
    """The keys that a key of an inventory can mean: decoded, and as it is; one, where only one is possible."""
    if not _ENCODED.fullmatch(handed_over):
        return [handed_over]
    try:
        decoded = unquote_plus(handed_over, errors="strict")
    except UnicodeDecodeError:
        return [handed_over]
    return [decoded] if decoded == handed_over else [decoded, handed_over]


def as_listed(item: Item) -> Item:
    """The item with its likeliest key, and the key as it was handed over where that may be another one."""
    likeliest, *others = candidates(item["Key"])
    return {**item, "Key": likeliest, "InventoryKey": item["Key"]} if others else {**item, "Key": likeliest}


def quoted(etag: str) -> str:
    """An ETag as S3 compares it: an inventory's has no quotes."""
    return etag if etag.startswith('"') else f'"{etag}"'


def meant(client: S3Client, item: Item, *, bucket: str, owner: str) -> str | None:
    """The key of the object that an item of two candidates means; None where neither is there.

    Raises AmbiguousKey, and what S3 refuses but for a missing or changed object.
    """
    found: dict[str, list[tuple[str, str]]] = {"same": [], "changed": []}
    for key in candidates(item["InventoryKey"]):
        try:
            answer = client.head_object(
                Bucket=bucket, Key=key, ExpectedBucketOwner=owner, IfMatch=quoted(item.get("ETag", ""))
            )
            found["same"].append((key, answer["LastModified"].strftime("%Y-%m-%dT%H:%M:%S")))
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code"))
            if code in _CHANGED:
                found["changed"].append((key, ""))
            elif code not in _ABSENT:
                raise
    likely: Sequence[tuple[str, str]] = found["same"] or found["changed"]
    if len(likely) > 1 and (then := item.get("LastModifiedDate", "")[:19]):
        likely = [each for each in likely if each[1] == then] or likely
    if len(likely) > 1:
        first, second = (key for key, _ in likely)
        raise AmbiguousKey(
            f"the inventory's {item['InventoryKey']!r} may mean {first!r} or {second!r}, and both look like it:"
            " process the two with a key list that names them"
        )
    return likely[0][0] if likely else None
