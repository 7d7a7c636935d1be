"""local_object: a file of this machine as the object of a job, for tests and for `mapspan try`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

from .attempt import Attempt
from .bucket import Bucket, OutputBucket
from .local_s3 import LocalS3
from .reads import Reads
from .source_object import SourceObject

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# The longest time that Lambda gives. https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html
_SECONDS = 900.0
_OWNER = "000000000000"


def local_object(path: Path | str, *, key: str | None = None, output: Path | str | None = None) -> SourceObject:
    """The file `path` as an object called `key` (default: the file's name).

    What the job writes goes into the folder `output`; without one, the job has no output.
    """
    attempt = Attempt(seconds_left=lambda: _SECONDS, out_of_time=lambda: False)
    path = Path(path)
    key = path.name if key is None else key
    client = cast("S3Client", LocalS3({key: path}))
    reads = Reads({"Key": key}, source=Bucket(client, "source", _OWNER), attempt=attempt)
    return SourceObject(reads, output=None if output is None else local_output(output, source=client))


def local_output(folder: Path | str, *, source: S3Client | None = None) -> OutputBucket:
    """The folder as an output bucket, created when something is written. `source` reads what is copied into it."""
    client = cast("S3Client", LocalS3({}, folder=Path(folder), source=source))
    # A copy into a file needs no parts.
    return OutputBucket(client, "output", _OWNER, largest_copy_bytes=sys.maxsize)
