"""The key list's parts, written while the listing goes on."""

from __future__ import annotations

import json
from concurrent.futures import Future, ThreadPoolExecutor
from threading import BoundedSemaphore
from typing import TYPE_CHECKING

from .page import read_page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_s3 import S3Client

# Parts on their way to S3 at once. One more than this makes the listing wait: memory stays flat whatever is slow.
UPLOADS = 2
# However many keys a part may have: a hundred thousand of the longest would be 100 MB, and three are held at once.
_LARGEST_PART_BYTES = 5 * 1024 * 1024


def json_lines(keys: list[str]) -> bytes:
    """`{"Key": …}` a line, in ASCII: no reader can take U+2028, U+0085 or a control character for a line's end.

    One call for the whole page: what separates the items of the array is, here, what ends a line and begins the next.
    """
    array = json.dumps(keys, separators=('}\n{"Key":', ":"))
    return f'{{"Key":{array[1:-1]}}}\n'.encode("ascii")


class PartWriter:
    """Gathers pages into parts of `keys_per_part` keys (fewer if they are long) and writes them as `<prefix><n>.jsonl`.

    Not for several threads at once: its caller holds a lock. A context manager: leaving it writes the last part
    and waits for all of them. A part that can't be written raises, at the next page or on leaving.
    """

    def __init__(self, client: S3Client, *, bucket: str, owner: str, prefix: str, keys_per_part: int) -> None:
        self._client = client
        self._bucket = bucket
        self._owner = owner
        self._prefix = prefix
        self._keys_per_part = keys_per_part
        self._pages: list[bytes] = []
        self._gathered = 0
        self._bytes = 0
        self.keys = 0
        self.parts = 0
        self._uploads = ThreadPoolExecutor(UPLOADS, thread_name_prefix="part")
        self._free_slots = BoundedSemaphore(UPLOADS)
        self._failure: BaseException | None = None

    def append(self, keys: list[str]) -> None:
        """Add a page's keys (at least one); waits while too many parts are on their way."""
        if self._failure:
            raise self._failure
        for some in self._filling_parts(keys):
            lines = json_lines(some)
            self._pages.append(lines)
            self._gathered += len(some)
            self._bytes += len(lines)
            self.keys += len(some)
            if self._gathered >= self._keys_per_part or self._bytes >= _LARGEST_PART_BYTES:
                self._send()

    def __enter__(self) -> PartWriter:
        return self

    def __exit__(self, failed: type[BaseException] | None, *_: object) -> None:
        """Waits even when the listing failed: a part still on its way could overwrite one of the next attempt."""
        if not failed and self._pages:
            self._send()
        self._uploads.shutdown(cancel_futures=failed is not None)
        if not failed and self._failure:
            raise self._failure

    def _filling_parts(self, keys: list[str]) -> Iterator[list[str]]:
        while keys:
            room = self._keys_per_part - self._gathered
            yield keys[:room]
            keys = keys[room:]

    def _send(self) -> None:
        name, body = f"{self._prefix}{self.parts:05d}.jsonl", b"".join(self._pages)
        self._pages, self._gathered, self._bytes = [], 0, 0
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


def delete_parts(client: S3Client, *, bucket: str, owner: str, prefix: str) -> None:
    """Delete what begins with `prefix`: the leftovers of an attempt that was killed.

    Raises `LeftoversNotDeleted` for an object S3 would not delete: a stale part would be processed as if listed.
    """
    token: str | None = None
    while True:
        page = read_page(client, token=token, start_after="", Bucket=bucket, Prefix=prefix, ExpectedBucketOwner=owner)
        if page.keys:
            _delete(client, bucket=bucket, owner=owner, keys=page.keys)
        if not (token := page.token):
            return


def _delete(client: S3Client, *, bucket: str, owner: str, keys: list[str]) -> None:
    answer = client.delete_objects(
        Bucket=bucket,
        Delete={"Objects": [{"Key": key} for key in keys], "Quiet": True},
        ExpectedBucketOwner=owner,
    )
    for error in answer.get("Errors", ()):
        raise LeftoversNotDeleted(f"{error.get('Key')}: {error.get('Code')} {error.get('Message')}")


class LeftoversNotDeleted(Exception):  # noqa: N818 # named as Step Functions shows it
    """An old part of this key list is still there."""
