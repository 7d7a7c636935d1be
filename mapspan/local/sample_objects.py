"""Sample objects for the local source bucket: ordinary keys, and keys that break naive code."""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from modules.asl.quotas import KEY_MAX_BYTES

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_PUT_THREADS = 8

# Each of these has broken a lister, a parser or a URL: escapes, the delimiters of XML and JSON, characters that only
# some parsers take for line breaks (U+2028, U+0085), characters that XML 1.0 can't contain, S3's "folders".
NASTY_KEYS = (
    "plus+sign.txt",
    "a space.txt",
    "100%.txt",
    "percent%20encoded.txt",
    "a&b.txt",
    "less<than>.txt",
    'double"quote.txt',
    "single'quote.txt",
    "back\\slash.txt",
    "new\nline.txt",
    "tab\tand\rreturn.txt",
    "control\x01character.txt",
    "line\u2028separator.txt",
    "next\u0085line.txt",
    "emoji-\U0001f98a.txt",
    "umlaut-\u00fc-and-u\u0308.txt",
    "template-${aws:username}-%{if}.txt",
    "jsonata-{% $states.input %}.txt",
    "comma,semicolon;.csv",
    "double//slash.txt",
    "trailing space ",
    "..",
    "folder/",
    "zero-bytes.bin",
)
_EMPTY = ("folder/", "zero-bytes.bin")


def sample_objects(count: int, prefix: str) -> Iterator[tuple[str, bytes]]:
    """`count` keys and bodies below `prefix`, nasty keys first. The same arguments give the same objects."""
    nasty = [*NASTY_KEYS, "long/" + "k" * (KEY_MAX_BYTES - len(prefix.encode()) - len("nasty/long/"))]
    for name in nasty[:count]:
        yield f"{prefix}nasty/{name}", b"" if name in _EMPTY else _body(name)
    for number in range(count - len(nasty)):
        key = f"{prefix}{1 + number % 12:02}/{1 + number % 28:02}/orders-{number:07}.csv"
        yield key, _body(key)


def put_all(
    client: S3Client, bucket: str, objects: Iterator[tuple[str, bytes]], advance: Callable[[int], None]
) -> None:
    """Put the objects in parallel. `advance` is called with 1 after each object."""

    def put(item: tuple[str, bytes]) -> None:
        content_type = mimetypes.guess_type(item[0])[0] or "binary/octet-stream"  # S3's own default
        client.put_object(Bucket=bucket, Key=item[0], Body=item[1], ContentType=content_type)
        advance(1)

    with ThreadPoolExecutor(_PUT_THREADS) as pool:
        for _ in pool.map(put, objects):
            pass


def _body(key: str) -> bytes:
    """A small CSV. Its content and its length follow from the key."""
    digest = hashlib.sha256(key.encode()).hexdigest()
    lines = (f"{digest[:16]},{number},{digest[16:32]}\n" for number in range(1 + int(digest[:2], 16) // 8))
    return b"order,line,article\n" + "".join(lines).encode()
