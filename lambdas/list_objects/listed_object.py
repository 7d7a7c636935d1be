"""What a page of a listing says about each object."""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple
from xml.etree import ElementTree

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# The storage classes whose objects can't be read until they are restored. GLACIER_IR can be read.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects.html
ARCHIVES = ("GLACIER", "DEEP_ARCHIVE")

MODIFIED = re.compile(rb"<LastModified>([^<]*)</LastModified>")
ETAG = re.compile(rb"<ETag>([^<]*)</ETag>")
SIZE = re.compile(rb"<Size>(\d+)</Size>")
CLASS = re.compile(rb"<StorageClass>([^<]*)</StorageClass>")
# Each class as the XML has it, after a letter that no other class of usual objects has: many pages have neither, and
# looking for one letter is several times faster.
_ARCHIVE_MARKS = ((b"G", b">GLACIER<"), (b"V", b">DEEP_ARCHIVE<"))
_RESTORED = b"<RestoreExpiryDate>"


class ListedObject(NamedTuple):
    """An object of a listing.

    `last_modified`: as S3 sends it, such as 2026-01-31T08:00:00.000Z. `restored`: an archive that can be read for now.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
    """

    key: str
    etag: str
    size: int
    last_modified: str
    storage_class: str
    restored: bool

    @property
    def archived(self) -> bool:
        """Whether S3 would refuse to read it."""
        return self.storage_class in ARCHIVES and not self.restored

    @property
    def modified(self) -> float:
        """In seconds since 1970."""
        return seconds_since_1970(self.last_modified)


@lru_cache(maxsize=4096)  # objects that were written together have the same time
def seconds_since_1970(last_modified: str) -> float:
    """The time that S3 sends as text."""
    return datetime.fromisoformat(last_modified).timestamp()


def lists_an_archive(body: bytes, start: int, end: int) -> bool:
    """Whether an object of a page is in an archive. The page's Contents elements are from `start` to `end`."""
    return any(
        body.find(letter, start, end) >= 0 and body.find(name, start, end) >= 0 for letter, name in _ARCHIVE_MARKS
    )


def listed_objects(keys: Sequence[str], contents: bytes) -> list[ListedObject]:
    """The objects of a page whose keys are read already. `contents`: its Contents elements, in the order of the keys.

    Each element has each field once, so the fields are read one after another for all objects: twice as fast as a
    parser. Where a field is missing or occurs twice, a parser reads the page.
    """
    count = len(keys)
    fields = [pattern.findall(contents) for pattern in (ETAG, SIZE, MODIFIED, CLASS)]
    if any(len(values) != count for values in fields):
        return _parsed(keys, contents)
    etags, sizes, times, classes = fields
    restored = [False] * count
    if _RESTORED in contents:
        restored = [_RESTORED in one for one in contents.split(b"<Contents>")[1:]]
    columns = (keys, _texts(etags), map(int, sizes), _texts(times), _texts(classes), restored)
    return list(map(ListedObject._make, zip(*columns, strict=True)))


def of_entry(entry: Mapping[str, Any]) -> ListedObject:
    """The object of an entry as boto3 returns it."""
    return ListedObject(
        key=entry["Key"],
        etag=entry["ETag"].strip('"'),
        size=entry["Size"],
        last_modified=entry["LastModified"].isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        storage_class=entry.get("StorageClass", "STANDARD"),
        restored="RestoreExpiryDate" in entry.get("RestoreStatus", {}),
    )


def _texts(values: list[bytes]) -> list[str]:
    """All of them at once. An ETag's quotes are left out, which S3 sends as they are or escaped."""
    return b"\n".join(values).replace(b"&quot;", b"").replace(b'"', b"").decode("ascii").split("\n")


def _parsed(keys: Sequence[str], contents: bytes) -> list[ListedObject]:
    entries = ElementTree.fromstring(b"<Page>" + contents + b"</Page>")  # noqa: S314 # S3's answer, as botocore reads it
    return [
        ListedObject(
            key=key,
            etag=entry.findtext("ETag", "").strip('"'),
            size=int(entry.findtext("Size", "0")),
            last_modified=entry.findtext("LastModified", ""),
            storage_class=entry.findtext("StorageClass", "STANDARD"),
            restored=entry.find("RestoreStatus/RestoreExpiryDate") is not None,
        )
        for key, entry in zip(keys, entries, strict=True)
    ]
