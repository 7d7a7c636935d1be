"""Digests of objects and keys: many millions of them in a few bytes each."""

from __future__ import annotations

from collections import defaultdict
from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .listed_object import ListedObject

# At ten million digests, another object has one of them with a probability of 3e-32.
DIGEST_BYTES = 16
# The first two bytes choose one of 65,536 buckets, which keeps the others.
_KEPT_BYTES = DIGEST_BYTES - 2


def digest_of(listed: ListedObject) -> bytes:
    """Of an object as it is: its key, its ETag and when it was modified."""
    return _digest(f"{listed.key}\0{listed.etag}\0{listed.last_modified}")


def digest_of_key(key: str) -> bytes:
    return _digest(key)


def _digest(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=DIGEST_BYTES).digest()


class DigestSet:
    """A set of digests, at about 17 bytes each; a Python set needs 100."""

    def __init__(self) -> None:
        self._buckets: defaultdict[int, bytearray] = defaultdict(bytearray)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add_all(self, digests: bytes) -> None:
        """Add digests that stand one after another. Raises ValueError if the last one is not whole."""
        if len(digests) % DIGEST_BYTES:
            raise ValueError(f"{len(digests)} bytes are not whole digests of {DIGEST_BYTES} bytes")
        buckets = self._buckets
        for start in range(0, len(digests), DIGEST_BYTES):
            buckets[digests[start] << 8 | digests[start + 1]] += digests[start + 2 : start + DIGEST_BYTES]
        self._count += len(digests) // DIGEST_BYTES

    def __contains__(self, digest: bytes) -> bool:
        bucket, kept = self._buckets.get(digest[0] << 8 | digest[1], b""), digest[2:]
        place = bucket.find(kept)
        while place % _KEPT_BYTES and place >= 0:  # the bytes may begin in the middle of another digest
            place = bucket.find(kept, place + 1)
        return place >= 0
