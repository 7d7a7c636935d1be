"""Buckets: one that keeps what is put into it, and one whose keys follow from arithmetic."""

from __future__ import annotations

import hashlib
from bisect import bisect_left, bisect_right, insort
from typing import TYPE_CHECKING, NamedTuple, Protocol
from urllib.parse import quote
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from .shapes import Shape


class KeyPage(NamedTuple):
    """`keys` as they stand in the XML; `next_token` None on the last page."""

    keys: list[bytes]
    next_token: str | None


class Bucket(Protocol):
    """A token says where a listing goes on; None: after the key `after`."""

    def page(self, *, prefix: bytes, after: bytes, token: str | None, max_keys: int, url_encoded: bool) -> KeyPage: ...

    def get(self, key: bytes) -> bytes | None: ...

    def put(self, key: bytes, body: bytes) -> None: ...

    def delete(self, key: bytes) -> None: ...


class ShapedBucket:
    """Holds as many keys as its shape says; an object's bytes are its key, three times. Read-only."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        self._below: dict[bytes, range] = {}

    def page(self, *, prefix: bytes, after: bytes, token: str | None, max_keys: int, url_encoded: bool) -> KeyPage:
        if prefix not in self._below:
            self._below[prefix] = self._shape.below(prefix, b"")
        everything = self._below[prefix]
        start = int(token) if token else self._shape.below(prefix, after).start if after else everything.start
        stop = min(start + max_keys, everything.stop)
        keys = self._shape.page(start, stop, url_encoded=url_encoded) if start < stop else []
        return KeyPage(keys, str(stop) if stop < everything.stop else None)

    def get(self, key: bytes) -> bytes | None:
        return key * 3 if self._shape.index(key) is not None else None

    def put(self, key: bytes, body: bytes) -> None:
        raise NotImplementedError

    def delete(self, key: bytes) -> None:
        raise NotImplementedError


class StoredBucket:
    """An ordinary bucket, in memory; `counting` keeps only the number of lines of what is put."""

    def __init__(self, *, counting: bool = False) -> None:
        self.objects: dict[bytes, bytes] = {}
        self.lines = 0
        self._keys: list[bytes] = []
        self._counting = counting

    def page(self, *, prefix: bytes, after: bytes, token: str | None, max_keys: int, url_encoded: bool) -> KeyPage:
        after = bytes.fromhex(token[1:]) if token else after
        start = max(bisect_left(self._keys, prefix), bisect_right(self._keys, after))
        stop = bisect_left(self._keys, prefix + b"\xff")
        found = self._keys[start : min(start + max_keys, stop)]
        return KeyPage(
            [in_xml(key, url_encoded=url_encoded) for key in found],
            f"-{(found[-1] if found else after).hex()}" if start + max_keys < stop else None,
        )

    def get(self, key: bytes) -> bytes | None:
        return self.objects.get(key)

    def put(self, key: bytes, body: bytes) -> None:
        self.lines += body.count(b"\n")
        if key not in self.objects:
            insort(self._keys, key)
        self.objects[key] = b"" if self._counting else body

    def delete(self, key: bytes) -> None:
        if self.objects.pop(key, None) is not None:
            self._keys.remove(key)


def in_xml(key: bytes, *, url_encoded: bool) -> bytes:
    """A key as a listing's XML shows it: as S3 does, a space comes as + when keys are URL-encoded."""
    text = key.decode()
    return (quote(text, safe="/-_.*").replace("%20", "+") if url_encoded else escape(text)).encode()


def etag(body: bytes) -> str:
    return f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
