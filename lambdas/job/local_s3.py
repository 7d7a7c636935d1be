"""A small S3 client over files of this machine, with the calls that a job's reads and writes make."""

from __future__ import annotations

import contextlib
import hashlib
import io
import mimetypes
import re
import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, BinaryIO

from botocore.exceptions import ClientError
from botocore.response import StreamingBody

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CopySourceTypeDef

_CHUNK_BYTES = 1024 * 1024


class LocalS3:
    """Reads the files of `objects`, by key, writes into `folder`, and copies from `source`."""

    def __init__(
        self, objects: Mapping[str, Path], *, folder: Path | None = None, source: S3Client | None = None
    ) -> None:
        self._objects = objects
        self._folder = folder
        self._source = source
        self._etags: dict[tuple[Path, int, int], str] = {}

    def get_object(self, *, Key: str, Range: str = "", **request: Any) -> dict[str, Any]:  # noqa: N803 # as boto3's
        answer = self.head_object(Key=Key, **request)
        size = answer["ContentLength"]
        start, stop = _resolved(Range, size)
        if Range:
            if start >= size:
                raise _refusal("InvalidRange", "The requested range is not satisfiable", "GetObject")
            answer |= {"ContentLength": stop - start, "ContentRange": f"bytes {start}-{stop - 1}/{size}"}
        file = self._objects[Key].open("rb")
        file.seek(start)
        return {**answer, "Body": StreamingBody(_Part(file, stop - start), stop - start)}  # type: ignore[arg-type] # reads and closes

    def head_object(self, *, Key: str, IfMatch: str = "", **_: Any) -> dict[str, Any]:  # noqa: N803 # as boto3's
        path = self._objects.get(Key)
        if path is None or not path.is_file():
            raise _refusal("NoSuchKey", "The specified key does not exist.", "GetObject")
        status = path.stat()
        etag = self._etag(path, status.st_mtime_ns, status.st_size)
        if IfMatch not in {"", etag}:
            message = "At least one of the pre-conditions you specified did not hold"
            raise _refusal("PreconditionFailed", message, "GetObject")
        return {
            "ContentLength": status.st_size,
            "ETag": etag,
            "LastModified": datetime.fromtimestamp(int(status.st_mtime), UTC),
            "ContentType": mimetypes.guess_type(path.name)[0] or "binary/octet-stream",
            "Metadata": {},
        }

    def get_object_tagging(self, **_: Any) -> dict[str, Any]:
        return {"TagSet": []}

    def put_object(self, *, Key: str, Body: bytes, **properties: Any) -> dict[str, Any]:  # noqa: N803 # as boto3's
        return self.upload_fileobj(io.BytesIO(Body), properties["Bucket"], Key)

    def copy_object(
        self,
        *,
        Key: str,  # noqa: N803 # as boto3's
        CopySource: CopySourceTypeDef,  # noqa: N803 # the same
        CopySourceIfMatch: str,  # noqa: N803 # the same
        ExpectedSourceBucketOwner: str,  # noqa: N803 # the same
        **properties: Any,
    ) -> dict[str, Any]:
        """Reads the source's object: S3 itself can't write here."""
        assert self._source is not None  # noqa: S101 # an output that is copied to has one
        answer = self._source.get_object(
            **CopySource, IfMatch=CopySourceIfMatch, ExpectedBucketOwner=ExpectedSourceBucketOwner
        )
        with contextlib.closing(answer["Body"]) as body:
            return self.upload_fileobj(body, properties["Bucket"], Key)

    def upload_fileobj(self, file: BinaryIO | StreamingBody, _bucket: str, key: str, **_: Any) -> dict[str, Any]:
        path = self._path(key)
        with path.open("wb") as written:
            shutil.copyfileobj(file, written)
        return {}

    def _etag(self, path: Path, modified: int, size: int) -> str:
        """Of the file's content, as S3's is, read once for a file that doesn't change."""
        if (path, modified, size) not in self._etags:
            self._etags[path, modified, size] = f'"{_digest(path)}"'
        return self._etags[path, modified, size]

    def _path(self, key: str) -> Path:
        """Where the object lies: below the folder, whatever its key is."""
        assert self._folder is not None  # noqa: S101 # only an output is written to
        # Empty, "." and ".." are names for S3, and something else for a file system.
        names = [name if name.strip(".") else name.replace(".", "%2E") or "%" for name in key.split("/")]
        path = self._folder.joinpath(*(name.replace("\0", "%00") for name in names))
        path.parent.mkdir(parents=True, exist_ok=True)
        return path


class _Part(io.RawIOBase):
    """The next `length` bytes of a file."""

    def __init__(self, file: BinaryIO, length: int) -> None:
        super().__init__()
        self._file = file
        self._left = length

    def read(self, size: int | None = -1, /) -> bytes:
        chunk = self._file.read(self._left if size is None or size < 0 else min(size, self._left))
        self._left -= len(chunk)
        return chunk

    def close(self) -> None:
        self._file.close()
        super().close()


def _resolved(byte_range: str, size: int) -> tuple[int, int]:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html#API_GetObject_RequestSyntax"""
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", byte_range)
    if not match:
        return 0, size
    first, last = match.groups()
    if not first:
        return max(0, size - int(last)), size
    return int(first), min(size, int(last) + 1) if last else size


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _refusal(code: str, message: str, operation: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)
