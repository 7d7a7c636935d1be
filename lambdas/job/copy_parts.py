"""How a large object is divided into parts, so that another try can go on with the parts of the last one."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from .bucket import LARGEST_COPY_BYTES

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
_MOST_PARTS = 10_000


class Part(NamedTuple):
    """The bytes from `start` until before `stop`."""

    number: int
    start: int
    stop: int

    @property
    def size(self) -> int:
        return self.stop - self.start


def parts_of(size: int, *, least_bytes: int, identity: str) -> list[Part]:
    """The parts of an object of `size` bytes. All but the last have the same size, at least `least_bytes`.

    S3 doesn't say which object the parts of an open upload were copied from. So their size does: it follows from
    `identity`, the object's name and ETag. Parts of another size are another object's, or an older version's.
    """
    least = max(least_bytes, -(-size // _MOST_PARTS))
    digest = hashlib.sha256(identity.encode("utf-8", "surrogatepass")).digest()
    part_bytes = least + int.from_bytes(digest[:8], "big") % max(1, min(least, LARGEST_COPY_BYTES - least))
    return [
        Part(number, start, min(start + part_bytes, size))
        for number, start in enumerate(range(0, size, part_bytes), start=1)
    ]
