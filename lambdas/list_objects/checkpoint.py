"""Where a listing stands when its function runs out of time.

The state machine carries it from one invocation to the next, in at most 256 KiB together with everything else:
so the ranges are compressed, and prefixes not begun yet are only counted.
"""

from __future__ import annotations

import base64
import json
import zlib
from typing import TypedDict

from .ranges import KeyRange


class Checkpoint(TypedDict):
    """`invocation`: the number of the next one. `prefixes_begun`: of the listing's prefixes, in order."""

    invocation: int
    listed: int
    prefixes_begun: int
    ranges: str


def whole_listing(prefixes: list[str]) -> list[KeyRange]:
    """One range per prefix, in order; a prefix inside another is left out, or its keys would come twice."""
    ranges: list[KeyRange] = []
    for prefix in sorted(prefixes):
        if not ranges or not prefix.startswith(ranges[-1].prefix):
            ranges.append(KeyRange(prefix))
    return ranges


def save(left: list[KeyRange], *, prefixes: list[str], invocation: int, listed: int) -> Checkpoint:
    """The checkpoint from which `restore` makes the same ranges."""
    fields = [[each.prefix, each.after, each.until] for each in left if each.begun]
    packed = base64.b64encode(zlib.compress(json.dumps(fields, ensure_ascii=False).encode()))
    return {
        "invocation": invocation,
        "listed": listed,
        "prefixes_begun": len(whole_listing(prefixes)) - (len(left) - len(fields)),
        "ranges": packed.decode(),
    }


def restore(checkpoint: Checkpoint, *, prefixes: list[str]) -> list[KeyRange]:
    """The ranges left, begun ones first."""
    fields = json.loads(zlib.decompress(base64.b64decode(checkpoint["ranges"])))
    begun = [KeyRange(prefix, after, until, begun=True) for prefix, after, until in fields]
    return begun + whole_listing(prefixes)[checkpoint["prefixes_begun"] :]
