"""Copies the source object to the output, by S3 itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from .copy_request import copy_request
from .failures import OutputFailed, s3_code

if TYPE_CHECKING:
    from .bucket import OutputBucket
    from .failures import ObjectFailure
    from .reads import Reads

# How S3 says that the source object is not what was listed, or can't be read now.
_OF_THE_SOURCE = {"PreconditionFailed", "412", "NoSuchKey", "404", "InvalidObjectState"}


def copy_object(reads: Reads, output: OutputBucket, key: str) -> None:
    """Copy the object to `key` of the output's bucket, with its metadata, and its tags if the role may read them.

    Raises ObjectFailure.
    """
    reads.attempt.check_time("the object was being copied")
    if reads.size is None or reads.etag is None:
        reads.head()
    assert reads.size is not None  # noqa: S101 # any answer has it
    try:
        if reads.size > output.largest_copy_bytes:
            # Few jobs need it, and every container would wait for it when it starts.
            from .multipart_copy import MultipartCopy  # noqa: PLC0415 # see above

            MultipartCopy(reads, output, key).run()
        else:
            output.client.copy_object(
                **copy_request(reads, output, key), TaggingDirective="COPY" if output.copies_tags else "REPLACE"
            )
    except (ClientError, BotoCoreError) as error:
        raise _failure(error, reads, output, key) from error


def _failure(error: ClientError | BotoCoreError, reads: Reads, output: OutputBucket, key: str) -> ObjectFailure:
    if isinstance(error, ClientError) and s3_code(error) in _OF_THE_SOURCE:
        return reads.failed(error)
    where = f"copying s3://{reads.source.name}/{reads.key} to s3://{output.name}/{key}"
    return reads.attempt.remember(OutputFailed.of(error, where))
