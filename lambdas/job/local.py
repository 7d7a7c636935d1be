"""local_object: a file of this machine as the object of a job, for tests and for `mapspan try`."""

from __future__ import annotations

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
    return SourceObject(reads, output=None if output is None else local_output(output))


def local_output(folder: Path | str) -> OutputBucket:
    """The folder as an output bucket. It is created when something is written."""
    return OutputBucket(cast("S3Client", LocalS3({}, folder=Path(folder))), "output", _OWNER)
