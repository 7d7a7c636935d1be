"""The state of a listing whose function runs out of time, for the next invocation.

The state machine passes it on within the 256 KiB that all of a state's data may have. So the ranges are compressed, and
prefixes that are not begun yet are only counted.
"""

from __future__ import annotations

import base64
import json
import zlib
from typing import TypedDict

from .ranges import KeyRange


class Checkpoint(TypedDict):
    """`invocation`: the number of the next one. `seen`, `listed`: objects looked at, and keys in the key list, so far.

    `prefixes_begun`: how many, in their order.
    `ranges`: those that are begun and not finished, as base64 of zlib of JSON: `[[prefix, after, until], …]`.
    """

    invocation: int
    listed: int
    seen: int
    prefixes_begun: int
    ranges: str


def whole_listing(prefixes: list[str]) -> list[KeyRange]:
    """One range per prefix, in order. A prefix inside another is left out, or its keys would be listed twice."""
    ranges: list[KeyRange] = []
    for prefix in sorted(prefixes):
        if not ranges or not prefix.startswith(ranges[-1].prefix):
            ranges.append(KeyRange(prefix))
    return ranges


def save(left: list[KeyRange], *, prefixes: list[str], invocation: int, listed: int, seen: int) -> Checkpoint:
    """The checkpoint from which `restore` returns the same ranges."""
    fields = [[key_range.prefix, key_range.after, key_range.until] for key_range in left if key_range.begun]
    packed = base64.b64encode(zlib.compress(json.dumps(fields, ensure_ascii=False).encode()))
    return {
        "invocation": invocation,
        "listed": listed,
        "seen": seen,
        "prefixes_begun": len(whole_listing(prefixes)) - (len(left) - len(fields)),
        "ranges": packed.decode(),
    }


def restore(checkpoint: Checkpoint, *, prefixes: list[str]) -> list[KeyRange]:
    """The ranges that are left, the begun ones first."""
    fields = json.loads(zlib.decompress(base64.b64decode(checkpoint["ranges"])))
    begun = [KeyRange(prefix, after, until, begun=True) for prefix, after, until in fields]
    return begun + whole_listing(prefixes)[checkpoint["prefixes_begun"] :]
