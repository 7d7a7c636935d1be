"""The keys of the bucket that a key of an S3 Inventory may stand for.

A delivery's keys are URL-encoded; AWS doesn't document whether Step Functions decodes them. So a key that may be
encoded stands for two keys, until the object's ETag shows which.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory-location.html
"""

from __future__ import annotations

import re
from urllib.parse import unquote_plus

# What a URL-encoded key consists of: printable ASCII without the space, and % only before two hexadecimal digits.
_ENCODED = re.compile(r"(?:[!-$&-~]|%[0-9A-Fa-f]{2})*")


def candidates(inventory_key: str) -> list[str]:
    """The keys that `inventory_key` may stand for, the likelier one first: decoded, and as it is."""
    if not _ENCODED.fullmatch(inventory_key):
        return [inventory_key]
    try:
        decoded = unquote_plus(inventory_key, errors="strict")
    except UnicodeDecodeError:
        return [inventory_key]
    return [decoded] if decoded == inventory_key else [decoded, inventory_key]
