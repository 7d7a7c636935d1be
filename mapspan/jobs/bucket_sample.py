"""A sample of a bucket's objects, spread over the keys below some prefixes."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import ObjectTypeDef

    from lambdas.job.bucket import Bucket

T = TypeVar("T")

# One request costs the same for one key as for a hundred, and a small bucket's keys are all in the first page.
_PAGE_KEYS = 100
_REQUESTS_PER_OBJECT = 3
# Fewer objects than this aren't worth a request for each of the characters that keys go on with.
_WORTH_DIVIDING = 3


class BucketSample:
    """`count` objects of a bucket, spread over its keys; fewer if it has fewer. Another call gives the same ones.

    It finds the position at which the keys begin to differ, and asks for the first keys with each character there. Each
    of these groups of keys gets an equal part of the sample, and is divided again while a part has three objects or
    more. It makes at most three requests for each object and one for each prefix; of more than `count` prefixes it
    reads `count`, spread over the list. Measured: 20 of 33,600 objects take 18 to 38 requests.
    """

    def __init__(self, bucket: Bucket, *, prefixes: Sequence[str], count: int) -> None:
        self._listing = _Listing(bucket, requests=_REQUESTS_PER_OBJECT * count)
        self._prefixes = _spread(list(prefixes) or [""], count)
        self._count = count

    def objects(self) -> list[ObjectTypeDef]:
        """The objects as S3 lists them, in the order of their keys.

        Raises botocore's `ClientError`, such as AccessDenied: the caller needs s3:ListBucket.
        """
        groups = deque(self._divided(self._prefixes, self._count))
        for prefix in self._prefixes:
            self._listing.begin(prefix)
        chosen: dict[str, ObjectTypeDef] = {}
        while groups:
            stem, count = groups.popleft()
            parts = self._listing.parts(stem) if count >= _WORTH_DIVIDING else []
            if len(parts) > 1:
                groups += self._divided(_spread(parts, count), count)
            else:
                chosen |= _by_key(_spread(self._listing.known(stem), count))
        rest = [entry for entry in self._listing.known("") if entry["Key"] not in chosen]
        chosen |= _by_key(_spread(rest, self._count - len(chosen)))
        return [chosen[key] for key in sorted(chosen)]

    @staticmethod
    def _divided(stems: Sequence[str], count: int) -> list[tuple[str, int]]:
        """Each stem with its part of the count."""
        share, more = divmod(count, len(stems))
        return [(stem, share + (number < more)) for number, stem in enumerate(stems)]


@dataclass(frozen=True)
class _Page:
    """The keys from after `after` up to its last key, without a gap; if it is the last page, to the prefix's end."""

    prefix: str
    after: str
    entries: list[ObjectTypeDef]
    keys: list[str]
    last: bool

    def covers(self, after: str) -> bool:
        return self.after <= after and (self.last or after < self.keys[-1])


class _Listing:
    """Asks for pages of keys, at most `requests` beside the first page of each prefix, and remembers them."""

    def __init__(self, bucket: Bucket, *, requests: int) -> None:
        self._bucket = bucket
        self._requests = requests
        self._pages: list[_Page] = []

    def begin(self, prefix: str) -> None:
        """Ask for the first page of a prefix."""
        self._ask(prefix, "")

    def known(self, stem: str) -> list[ObjectTypeDef]:
        """What was listed of the objects whose keys begin with `stem`; folder markers only if there is nothing else."""
        seen = _by_key(entry for page in self._pages for entry in page.entries if entry["Key"].startswith(stem))
        entries = [seen[key] for key in sorted(seen)]
        return [entry for entry in entries if entry["Size"] or not entry["Key"].endswith("/")] or entries

    def parts(self, stem: str) -> list[str]:
        """The keys that begin with `stem`, divided: the stem of each part has one character more than they all share.

        It finds only as many as requests are left for.
        """
        keys = sorted(entry["Key"] for entry in self.known(stem))
        if not keys:
            return []
        first, depth = keys[0], _shared(keys[0], keys[-1])
        while depth > len(stem) and (following := self._next(stem, _past(first, depth - 1))):
            depth = _shared(first, following)
        stems = [first[: depth + 1]]
        while len(stems[-1]) > depth and (following := self._next(first[:depth], _past(stems[-1], depth))):
            stems.append(following[: depth + 1])
        return stems

    def _next(self, stem: str, after: str) -> str | None:
        """The first key after `after`, if it begins with `stem`; None also if no request is left."""
        prefix = next(page.prefix for page in self._pages if stem.startswith(page.prefix))
        page = next((page for page in self._pages if page.prefix == prefix and page.covers(after)), None)
        if page is None:
            if not self._requests:
                return None
            self._requests -= 1
            page = self._ask(prefix, after)
        place = bisect_right(page.keys, after)
        return page.keys[place] if place < len(page.keys) and page.keys[place].startswith(stem) else None

    def _ask(self, prefix: str, after: str) -> _Page:
        bucket = self._bucket
        listed = bucket.client.list_objects_v2(
            Bucket=bucket.name,
            Prefix=prefix,
            StartAfter=after,
            MaxKeys=_PAGE_KEYS,
            ExpectedBucketOwner=bucket.owner,
            **bucket.payer,
        )
        entries = listed.get("Contents", [])
        last = not listed["IsTruncated"]
        page = _Page(prefix, after, entries, [entry["Key"] for entry in entries], last)
        self._pages.append(page)
        return page


def _by_key(entries: Iterable[ObjectTypeDef]) -> dict[str, ObjectTypeDef]:
    return {entry["Key"]: entry for entry in entries}


def _past(key: str, position: int) -> str:
    """A text above every key that has the same characters up to this position: with the next character there."""
    code = min(ord(key[position]) + 1, 0x10FFFF)
    return key[:position] + chr(0xE000 if 0xD800 <= code <= 0xDFFF else code)


def _shared(one: str, other: str) -> int:
    """The length of the common prefix, in characters."""
    for position, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return position
    return min(len(one), len(other))


def _spread(items: list[T], count: int) -> list[T]:
    """At most `count` of the items, at even distances."""
    if len(items) <= count:
        return items
    return [items[(2 * number + 1) * len(items) // (2 * count)] for number in range(count)]
