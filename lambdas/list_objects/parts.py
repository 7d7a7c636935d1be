"""Writes the parts of a key list while the listing goes on."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, TypeVar

from lambdas.shared.leftovers import delete_leftovers

from .page import read_page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mypy_boto3_s3 import S3Client

Entry = TypeVar("Entry")

# Parts uploaded to S3 at once. The listing waits before it adds one more, so that memory stays flat whatever is slow.
UPLOADS = 2
# Three parts are in memory at once, and a hundred thousand of the longest keys would be 100 MB.
_LARGEST_PART_BYTES = 5 * 1024 * 1024


class PartWriter:
    """Collects pages into parts of `keys_per_part` keys (fewer if they are long), written as `<prefix><n>.jsonl`.

    Not thread-safe: the caller holds a lock. A context manager: its exit writes the last part and waits for all parts.
    If a part can't be written, the next page or the exit raises the error.
    """

    def __init__(self, client: S3Client, *, bucket: str, owner: str, prefix: str, keys_per_part: int) -> None:
        self._client = client
        self._bucket = bucket
        self._owner = owner
        self._prefix = prefix
        self._keys_per_part = keys_per_part
        self._pages: list[bytes] = []
        self._collected = 0
        self._bytes = 0
        self.keys = 0
        self.parts = 0
        self._uploads = ThreadPoolExecutor(UPLOADS, thread_name_prefix="part")
        self._free_slots = BoundedSemaphore(UPLOADS)
        self._failure: BaseException | None = None

    def append(self, entries: list[Entry], lines_of: Callable[[list[Entry]], bytes]) -> None:
        """Add the keys of a page, each as a line; waits while too many parts are being uploaded."""
        if self._failure:
            raise self._failure
        for chunk in self._chunks(entries):
            lines = lines_of(chunk)
            self._pages.append(lines)
            self._collected += len(chunk)
            self._bytes += len(lines)
            self.keys += len(chunk)
            if self._collected >= self._keys_per_part or self._bytes >= _LARGEST_PART_BYTES:
                self._send()

    def __enter__(self) -> PartWriter:
        return self

    def __exit__(self, failed: type[BaseException] | None, *_: object) -> None:
        """Waits even if the listing failed: a part still being uploaded could overwrite one of the next attempt."""
        if not failed and self._pages:
            self._send()
        self._uploads.shutdown(cancel_futures=failed is not None)
        if not failed and self._failure:
            raise self._failure

    def _chunks(self, entries: list[Entry]) -> Iterator[list[Entry]]:
        """The entries, split where a part is full."""
        while entries:
            room = self._keys_per_part - self._collected
            yield entries[:room]
            entries = entries[room:]

    def _send(self) -> None:
        name, body = f"{self._prefix}{self.parts:05d}.jsonl", b"".join(self._pages)
        self._pages, self._collected, self._bytes = [], 0, 0
        self.parts += 1
        self._free_slots.acquire()
        self._uploads.submit(self._put, name, body).add_done_callback(self._sent)

    def _put(self, name: str, body: bytes) -> None:
        self._client.put_object(
            Bucket=self._bucket,
            Key=name,
            Body=body,
            ContentType="application/jsonl",
            ExpectedBucketOwner=self._owner,
        )

    def _sent(self, upload: Future[None]) -> None:
        self._failure = self._failure or (None if upload.cancelled() else upload.exception())
        self._free_slots.release()


def delete_parts(client: S3Client, *, bucket: str, owner: str, prefix: str, place: str, attempt: str) -> None:
    """Delete the objects that begin with `prefix`, which earlier attempts left. Raises LeftoversNotDeleted.

    What begins with `place` is of attempts at the same invocation: those later than `attempt` keep theirs.
    """
    for found in keys_below(client, bucket=bucket, owner=owner, prefix=prefix):
        if keys := [key for key in found if not (key.startswith(place) and key > place + attempt)]:
            delete_leftovers(client, bucket=bucket, owner=owner, keys=keys)


def keys_below(client: S3Client, *, bucket: str, owner: str, prefix: str) -> Iterator[list[str]]:
    """The keys that begin with `prefix`, one page at a time, without empty pages."""
    token: str | None = None
    while True:
        page = read_page(client, token=token, start_after="", Bucket=bucket, Prefix=prefix, ExpectedBucketOwner=owner)
        if page.keys:
            yield page.keys
        if not (token := page.token):
            return
