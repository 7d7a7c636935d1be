"""SourceObject: the object that a job processes, read only as far as the job asks."""

from __future__ import annotations

import errno
import io
import logging
from typing import TYPE_CHECKING, Any

from .object_copy import copy_object
from .output import Output
from .ranged_stream import BUFFER_BYTES, RangedStream
from .stream import ObjectStream

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping
    from datetime import datetime
    from pathlib import Path

    from .bucket import OutputBucket
    from .reads import Reads

_CHUNK_BYTES = 1024 * 1024
# https://man7.org/linux/man-pages/man7/path_resolution.7.html: the longest name of a file, in bytes.
_LONGEST_NAME = 255
_NO_SPACE = "the temp dir, which all threads share, is full: raise job.ephemeral_storage_mb, or lower job.threads"


class SourceObject:
    """An object of the source bucket. Nothing is requested before the job asks for something.

    `size` (bytes), `etag` and `last_modified` are as listed if the key list has them, else as S3 first answers. Every
    request reads the object as it was listed, or as it was at the first request: if it has changed, the key fails with
    ObjectChanged. A read that fails decides the key's outcome, even if the job catches the exception.
    """

    def __init__(
        self, reads: Reads, *, output: OutputBucket | None = None, fields: Mapping[str, str] | None = None
    ) -> None:
        self.key = reads.key
        self._reads = reads
        self._attempt = reads.attempt
        self._output = output
        self._fields = fields or {}

    @property
    def size(self) -> int:
        if self._reads.size is None:
            self._reads.first_answer()
        assert self._reads.size is not None  # noqa: S101 # any answer has it
        return self._reads.size

    @property
    def etag(self) -> str:
        """With its quotes, as S3 answers it."""
        if self._reads.etag is None:
            self._reads.first_answer()
        assert self._reads.etag is not None  # noqa: S101 # any answer has it
        return self._reads.etag

    @property
    def last_modified(self) -> datetime:
        if self._reads.last_modified is None:
            self._reads.first_answer()
        assert self._reads.last_modified is not None  # noqa: S101 # any answer has it
        return self._reads.last_modified

    @property
    def metadata(self) -> dict[str, str]:
        """The object's own metadata, `x-amz-meta-*`, with lower-case names."""
        return dict(self._reads.first_answer().get("Metadata", {}))

    @property
    def content_type(self) -> str:
        return str(self._reads.first_answer().get("ContentType", "binary/octet-stream"))

    @property
    def storage_class(self) -> str:
        # S3 leaves it out for STANDARD.
        return str(self._reads.first_answer().get("StorageClass", "STANDARD"))

    def tags(self) -> dict[str, str]:
        """The object's tags. The setting `job.reads_tags` grants it."""
        return self._reads.tags()

    def read(self) -> bytes:
        """The whole object, however much memory it takes."""
        return ObjectStream(self._reads).readall()

    def read_range(self, start: int, length: int) -> bytes:
        """`length` bytes from the offset `start` on; less at the object's end."""
        if start < 0 or length < 0:
            raise ValueError(f"read_range({start}, {length}): neither may be negative")
        return ObjectStream(self._reads, start, start + length).readall()

    def tail(self, length: int) -> bytes:
        """The last `length` bytes; the whole object if it is smaller."""
        if length < 0:
            raise ValueError(f"tail({length}): must not be negative")
        return ObjectStream(self._reads, -length).readall() if length else b""

    def open(self, *, seek: bool = False) -> io.BufferedReader:
        """The object as a binary file.

        Without `seek`, it is one request, read from the start to the end. With `seek`, each read that isn't in the
        read-ahead is a request for a range: for files with an index, such as Parquet and zip.
        """
        if seek:
            return io.BufferedReader(self._attempt.enter_context(RangedStream(self._reads)), BUFFER_BYTES)
        return io.BufferedReader(self._attempt.enter_context(ObjectStream(self._reads)), BUFFER_BYTES)

    def download(self, name: str | None = None) -> Path:
        """A file with the object's content, deleted when `process` returns. The temp dir must have room for it.

        It is called `name`, else like the last part of the key.
        """
        path = self._attempt.directory() / (_file_name(self.key) if name is None else _checked_name(name))
        try:
            with ObjectStream(self._reads) as stream, path.open("wb") as file:
                while chunk := stream.read(_CHUNK_BYTES):
                    file.write(chunk)
        except OSError as error:  # of the file: a failed read is another exception
            if error.errno == errno.ENOSPC:
                raise OSError(errno.ENOSPC, _NO_SPACE) from error
            raise
        return path

    @property
    def has_output(self) -> bool:
        """Whether the job may write: the environment has a group `[job.output]`."""
        return self._output is not None

    @property
    def output(self) -> Output:
        """Where the job writes. The settings group `[job.output]` says which bucket it is."""
        return Output(self._output_bucket(), attempt=self._attempt)

    def copy_to(self, key: str | None = None) -> None:
        """Copy the object to the output, below its prefix, as `key` (default: the same key).

        S3 copies it, with its metadata, and with its tags if the setting `job.reads_tags` is true. It doesn't keep the
        storage class. An object above 5 GB is copied in parts, as many at a time as the function has threads. If time
        runs out first, the key fails with OutOfTime, and its retry goes on with the parts that are missing.

        One try moves about 180 GB with 16 threads and a timeout of 240 seconds: threads * seconds * 50 MB/s, which is a
        cautious rate for one part. AWS documents none, and it was not measured on AWS.
        """
        output = self._output_bucket()
        copy_object(self._reads, output, output.prefix + (self.key if key is None else key))

    def _output_bucket(self) -> OutputBucket:
        if self._output is None:
            raise RuntimeError("this job has no output: add [job.output] to the environment's file")
        return self._output

    def seconds_left(self) -> float:
        """Until the function's deadline."""
        return self._attempt.seconds_left()

    @property
    def logger(self) -> logging.LoggerAdapter[logging.Logger]:
        """Adds the key, the run and the request id to each line."""
        return _Logger(logging.getLogger("job"), {"key": self.key, **self._fields})


class _Logger(logging.LoggerAdapter[logging.Logger]):
    """Keeps the `extra` of each call too, as LoggerAdapter does only from Python 3.13 on."""

    def process(self, msg: Any, kwargs: MutableMapping[str, Any]) -> tuple[Any, MutableMapping[str, Any]]:
        return msg, {**kwargs, "extra": {**(kwargs.get("extra") or {}), **(self.extra or {})}}


def _checked_name(name: str) -> str:
    if _file_name(name) != name:
        raise ValueError(f"download({name!r}): not a file's name")
    return name


def _file_name(key: str) -> str:
    """The last part of the key, if it can be a file's name."""
    name = key.rpartition("/")[2]
    # Surrogates are in no key of S3, but Python may hold them.
    length = len(name.encode("utf-8", "surrogatepass"))
    return name if name not in {"", ".", ".."} and "\0" not in name and length <= _LONGEST_NAME else "object"
