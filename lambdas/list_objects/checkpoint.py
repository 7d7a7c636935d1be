"""The state of a lister whose function ends before its listing does, for the lister's next invocation.

The state machine passes it on within the 256 KiB that all of a state's data may have. So the ranges are compressed, and
prefixes that are not begun yet are only counted.
"""

from __future__ import annotations

import base64
import json
import zlib
from typing import TYPE_CHECKING, TypedDict

from .ranges import KeyRange

if TYPE_CHECKING:
    from collections.abc import Iterable


class Checkpoint(TypedDict):
    """`lister`: the lister's name: "0" for the first, "0.1" for the second of those that it dealt to, and so on.

    `invocation`: the number of its next one.

    `seen`, `listed`: objects that it looked at, and keys that it put in the key list, so far.
    `prefixes_begun`, `prefixes_end`: the prefixes between these places, in their order, are the lister's to begin.
    `ranges`: those that are begun and not finished, as base64 of zlib of JSON: `[[prefix, after, until], …]`.
    """

    lister: str
    invocation: int
    listed: int
    seen: int
    prefixes_begun: int
    prefixes_end: int
    ranges: str


def whole_listing(prefixes: list[str]) -> list[KeyRange]:
    """One range per prefix, in order. A prefix inside another is left out, or its keys would be listed twice."""
    ranges: list[KeyRange] = []
    for prefix in sorted(prefixes):
        if not ranges or not prefix.startswith(ranges[-1].prefix):
            ranges.append(KeyRange(prefix))
    return ranges


def beginning(prefixes: list[str]) -> Checkpoint:
    """The state of the first lister before its first invocation."""
    return {
        "lister": "0",
        "invocation": 0,
        "listed": 0,
        "seen": 0,
        "prefixes_begun": 0,
        "prefixes_end": len(whole_listing(prefixes)),
        "ranges": packed([]),
    }


def continued(checkpoint: Checkpoint, left: list[KeyRange], *, seen: int, keys: int) -> Checkpoint:
    """The same lister after an invocation that saw and listed that many; `restore` returns the ranges of `left`."""
    begun = [key_range for key_range in left if key_range.begun]
    return {
        **checkpoint,
        "invocation": checkpoint["invocation"] + 1,
        "listed": checkpoint["listed"] + keys,
        "seen": checkpoint["seen"] + seen,
        "prefixes_begun": checkpoint["prefixes_end"] - (len(left) - len(begun)),
        "ranges": packed(begun),
    }


def restore(checkpoint: Checkpoint, *, prefixes: list[str]) -> list[KeyRange]:
    """The ranges that are left, the begun ones first."""
    fields = json.loads(zlib.decompress(base64.b64decode(checkpoint["ranges"])))
    begun = [KeyRange(prefix, after, until, begun=True) for prefix, after, until in fields]
    return begun + whole_listing(prefixes)[checkpoint["prefixes_begun"] : checkpoint["prefixes_end"]]


def packed(ranges: Iterable[KeyRange]) -> str:
    """The ranges as a checkpoint holds them."""
    fields = [[key_range.prefix, key_range.after, key_range.until] for key_range in ranges]
    return base64.b64encode(zlib.compress(json.dumps(fields, ensure_ascii=False).encode())).decode()
