"""Output: where a job writes."""

from __future__ import annotations

import contextlib
import sys
from typing import IO, TYPE_CHECKING, Any

from boto3.s3.transfer import TransferConfig
from botocore.exceptions import BotoCoreError, ClientError

from .bucket import MIB
from .failures import OutputFailed
from .output_file import OutputFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .attempt import Attempt
    from .bucket import OutputBucket

# Larger content is uploaded in parts of this size; what `open` writes stays in memory up to it.
PART_BYTES = 8 * MIB
# In the job's own thread: the worker has as many of them as it has connections.
_TRANSFER = TransferConfig(multipart_threshold=PART_BYTES, multipart_chunksize=PART_BYTES, use_threads=False)


class Output:
    """Writes objects below the output's prefix.

    A write that fails raises OutputFailed, and decides the key's outcome, even if the job catches the exception.
    """

    def __init__(self, bucket: OutputBucket, *, attempt: Attempt) -> None:
        self._bucket = bucket
        self._attempt = attempt

    def put(
        self,
        key: str,
        data: bytes | IO[bytes],
        *,
        content_type: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        """Write an object: `data` is its content, or a binary file that is read from where it is to its end."""
        properties: dict[str, Any] = {"ExpectedBucketOwner": self._bucket.owner}
        if content_type is not None:
            properties["ContentType"] = content_type
        if metadata is not None:
            properties["Metadata"] = dict(metadata)
        if isinstance(data, (bytes, bytearray, memoryview)):
            self._put_bytes(key, bytes(data), properties)
            return
        if isinstance(data, str):
            raise TypeError("put() takes bytes or a binary file: encode the text first, as in text.encode()")
        file = _Upload(data, attempt=self._attempt)
        beginning = file.read(PART_BYTES)
        if len(beginning) < PART_BYTES:
            self._put_bytes(key, beginning, properties)
        else:
            file.put_back(beginning)
            self._upload(key, file, properties)

    @contextlib.contextmanager
    def open(
        self, key: str, *, content_type: str | None = None, metadata: Mapping[str, str] | None = None
    ) -> Iterator[OutputFile]:
        """A binary file to write to. It is uploaded when its `with` block ends, unless by an exception.

        Flush or close what wraps it, such as a TextIOWrapper, within the block.
        """
        file = OutputFile(max_size=PART_BYTES)
        try:
            yield file
            file.seek(0)
            self.put(key, file, content_type=content_type, metadata=metadata)
        finally:
            file.discard()

    def _put_bytes(self, key: str, content: bytes, properties: dict[str, Any]) -> None:
        with self._remembering(key):
            self._bucket.client.put_object(
                Bucket=self._bucket.name, Key=self._bucket.prefix + key, Body=content, **properties
            )

    def _upload(self, key: str, file: _Upload, properties: dict[str, Any]) -> None:
        with self._remembering(key):
            self._bucket.client.upload_fileobj(
                file,  # type: ignore[arg-type] # of a file that can't seek, only `read` is called
                self._bucket.name,
                self._bucket.prefix + key,
                ExtraArgs=properties,
                Config=_TRANSFER,
            )

    @contextlib.contextmanager
    def _remembering(self, key: str) -> Iterator[None]:
        self._attempt.check_time("an output was being written")
        try:
            yield
        except (ClientError, BotoCoreError) as error:
            failure = OutputFailed.of(error, f"writing s3://{self._bucket.name}/{self._bucket.prefix}{key}")
            raise self._attempt.remember(failure) from error


class _Upload:
    """A file as boto3 reads it: in order, whole chunks, and not beyond the deadline.

    What the job's own file raises is raised here, and so is never taken for a failure of the upload.
    """

    def __init__(self, file: IO[bytes], *, attempt: Attempt) -> None:
        self._file = file
        self._attempt = attempt
        self._beginning = b""

    def put_back(self, beginning: bytes) -> None:
        """The next read is of `beginning`."""
        self._beginning = beginning

    def read(self, size: int = -1) -> bytes:
        self._attempt.check_time("an output was being written")
        chunks, self._beginning = [self._beginning], b""
        left = (sys.maxsize if size < 0 else size) - len(chunks[0])
        while left > 0 and (chunk := self._file.read(min(left, PART_BYTES))):
            chunks.append(chunk)
            left -= len(chunk)
        return b"".join(chunks)
