"""The open multipart uploads of one key of the output."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote_plus

from botocore.exceptions import ClientError

from .failures import s3_code

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from .bucket import OutputBucket


class OpenUpload(NamedTuple):
    """`initiator`: the principal that created it."""

    id: str
    initiated: datetime
    initiator: str


class CopiedPart(NamedTuple):
    number: int
    size: int
    etag: str


class OpenUploads:
    """Lists, reads and aborts them."""

    def __init__(self, output: OutputBucket, key: str) -> None:
        self._client = output.client
        self._bucket: dict[str, Any] = {"Bucket": output.name, "ExpectedBucketOwner": output.owner}
        self._key = key

    def __iter__(self) -> Iterator[OpenUpload]:
        """https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html"""
        pages = self._client.get_paginator("list_multipart_uploads").paginate(
            **self._bucket,
            Prefix=self._key,
            EncodingType="url",  # a key may contain what XML can't
        )
        for page in pages:
            decode = unquote_plus if page.get("EncodingType") == "url" else str
            for upload in page.get("Uploads", ()):
                # In the order of keys: what only begins with the key comes after it.
                if decode(upload["Key"]) != self._key:
                    return
                yield OpenUpload(upload["UploadId"], upload["Initiated"], _id(upload))

    def parts(self, upload_id: str) -> list[CopiedPart]:
        """The parts that an upload has; none if it is no longer open."""
        pages = self._client.get_paginator("list_parts").paginate(**self._bucket, Key=self._key, UploadId=upload_id)
        try:
            return [
                CopiedPart(part["PartNumber"], part["Size"], part["ETag"])
                for page in pages
                for part in page.get("Parts", ())
            ]
        except ClientError as error:
            if s3_code(error) == "NoSuchUpload":
                return []
            raise

    def initiator(self, upload_id: str) -> str:
        return _id(self._client.list_parts(**self._bucket, Key=self._key, UploadId=upload_id))

    def abort(self, upload_id: str) -> None:
        try:
            self._client.abort_multipart_upload(**self._bucket, Key=self._key, UploadId=upload_id)
        except ClientError as error:
            if s3_code(error) != "NoSuchUpload":
                raise


def _id(answer: Any) -> str:
    return str(answer.get("Initiator", {}).get("ID", ""))
