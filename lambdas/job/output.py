"""Output: where a job writes."""

from __future__ import annotations

import contextlib
import tempfile
from typing import IO, TYPE_CHECKING, Any, BinaryIO

from boto3.s3.transfer import TransferConfig
from botocore.exceptions import BotoCoreError, ClientError

from .failures import OutputFailed, s3_code

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_s3.type_defs import CopyObjectRequestTypeDef

    from .attempt import Attempt
    from .bucket import Bucket
    from .reads import Reads

# Larger content is uploaded in parts; what `open` writes stays in memory up to this size.
PART_BYTES = 8 * 1024 * 1024
# In the job's own thread: the worker has as many of them as it has connections.
_TRANSFER = TransferConfig(multipart_threshold=PART_BYTES, multipart_chunksize=PART_BYTES, use_threads=False)


class Output:
    """Writes objects below the output's prefix. A write that fails decides the key's outcome: OutputFailed."""

    def __init__(self, bucket: Bucket, *, attempt: Attempt) -> None:
        self._bucket = bucket
        self._attempt = attempt

    def put(
        self,
        key: str,
        data: bytes | BinaryIO,
        *,
        content_type: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        """Write an object: `data` is its content, or a binary file that is read from where it is to its end."""
        self._attempt.check_time("an output was being written")
        key = self._bucket.prefix + key
        properties: dict[str, Any] = {"ExpectedBucketOwner": self._bucket.owner}
        if content_type is not None:
            properties["ContentType"] = content_type
        if metadata is not None:
            properties["Metadata"] = dict(metadata)
        try:
            if isinstance(data, bytes):
                self._bucket.client.put_object(Bucket=self._bucket.name, Key=key, Body=data, **properties)
            else:
                self._bucket.client.upload_fileobj(data, self._bucket.name, key, ExtraArgs=properties, Config=_TRANSFER)
        except (ClientError, BotoCoreError) as error:
            failure = OutputFailed.of(error, f"writing s3://{self._bucket.name}/{key}")
            raise self._attempt.remember(failure) from error

    @contextlib.contextmanager
    def open(
        self, key: str, *, content_type: str | None = None, metadata: Mapping[str, str] | None = None
    ) -> Iterator[IO[bytes]]:
        """A binary file to write to. It is uploaded when its `with` block ends, unless by an exception."""
        with tempfile.SpooledTemporaryFile(max_size=PART_BYTES) as file:
            yield file
            file.seek(0)
            self.put(key, file, content_type=content_type, metadata=metadata)  # type: ignore[arg-type] # a binary file

    def copy(self, reads: Reads, key: str) -> None:
        """Copy the object that `reads` reads, by S3 itself."""
        self._attempt.check_time("the object was being copied")
        key = self._bucket.prefix + key
        if reads.etag is None:
            reads.head()
        request: CopyObjectRequestTypeDef = {
            "Bucket": self._bucket.name,
            "Key": key,
            "ExpectedBucketOwner": self._bucket.owner,
            "CopySource": {"Bucket": reads.source.name, "Key": reads.key},
            "ExpectedSourceBucketOwner": reads.source.owner,
            "TaggingDirective": "REPLACE",
        }
        if reads.etag:
            request["CopySourceIfMatch"] = reads.etag
        try:
            self._bucket.client.copy_object(**request)
        except ClientError as error:
            if s3_code(error) in {"PreconditionFailed", "NoSuchKey", "InvalidObjectState"}:
                raise reads.failed(error) from error
            raise self._attempt.remember(OutputFailed.of(error, f"copying to {key}")) from error
        except BotoCoreError as error:
            raise self._attempt.remember(OutputFailed.of(error, f"copying to {key}")) from error
