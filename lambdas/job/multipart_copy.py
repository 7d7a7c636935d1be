"""Copies a large object in parts, and goes on with the parts that another try has copied."""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, wait
from threading import Event
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from .copy_parts import parts_of
from .copy_request import copy_request
from .failures import OutOfTime
from .open_uploads import OpenUploads

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Future
    from datetime import datetime

    from mypy_boto3_s3.type_defs import HeadObjectOutputTypeDef

    from .bucket import OutputBucket
    from .copy_parts import Part
    from .open_uploads import OpenUpload
    from .reads import Reads

# What a copy keeps. CopyObject keeps the same by itself:
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
_PROPERTIES = (
    *("CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage", "ContentType"),
    *("Expires", "Metadata"),
)
_POLL_SECONDS = 0.2


class MultipartCopy:
    """The copy of one object to `key` of the output's bucket.

    Nothing is kept between two tries but the open upload itself. Its parts are of this object if they have the sizes
    that follow from its ETag, and if the upload was initiated after the object was last modified.
    """

    def __init__(self, reads: Reads, output: OutputBucket, key: str) -> None:
        self._reads = reads
        self._output = output
        self._uploads = OpenUploads(output, key)
        self._target: dict[str, Any] = {"Bucket": output.name, "Key": key, "ExpectedBucketOwner": output.owner}
        self._part_request = copy_request(reads, output, key)

    def run(self) -> None:
        """Raises OutOfTime with the parts done, and any error of S3."""
        head = self._reads.head(ChecksumMode="ENABLED")
        source = self._reads.source
        parts = parts_of(
            head["ContentLength"],
            least_bytes=self._output.part_bytes,
            identity=f"{source.name}\n{self._reads.key}\n{self._reads.etag}",
        )
        upload_id, etags = self._upload(head, parts)
        self._copy(upload_id, parts, etags)
        self._complete(upload_id, head, etags)

    def _upload(self, head: HeadObjectOutputTypeDef, parts: Sequence[Part]) -> tuple[str, dict[int, str]]:
        """The upload to go on with, and the ETags of the parts that it has. Others that we created are aborted."""
        uploads = list(self._uploads)
        upload_id, etags = self._continued(uploads, parts, newer_than=head["LastModified"])
        if upload_id is None:
            upload_id = self._create(head)
        others = [upload for upload in uploads if upload.id != upload_id]
        if others:
            us = self._uploads.initiator(upload_id)
            for upload in others:
                if upload.initiator == us:
                    self._uploads.abort(upload.id)
        return upload_id, etags

    def _continued(
        self, uploads: Sequence[OpenUpload], parts: Sequence[Part], *, newer_than: datetime
    ) -> tuple[str | None, dict[int, str]]:
        """The upload with the most of `parts`, and no other."""
        sizes = {part.number: part.size for part in parts}
        best: tuple[str | None, dict[int, str]] = (None, {})
        for upload in uploads:
            if upload.initiated > newer_than:
                copied = self._uploads.parts(upload.id)
                if len(copied) > len(best[1]) and all(sizes.get(part.number) == part.size for part in copied):
                    best = upload.id, {part.number: part.etag for part in copied}
        return best

    def _create(self, head: HeadObjectOutputTypeDef) -> str:
        properties: dict[str, Any] = {name: head[name] for name in _PROPERTIES if name in head}  # type: ignore[literal-required] # names of an answer
        if self._output.copies_tags:
            properties["Tagging"] = urlencode(self._reads.tags())
        answer = self._output.client.create_multipart_upload(
            **self._target,
            **properties,
            # Of the whole object, so that S3 compares it with the source object's.
            ChecksumAlgorithm="CRC64NVME",
            ChecksumType="FULL_OBJECT",
        )
        return answer["UploadId"]

    def _copy(self, upload_id: str, parts: Sequence[Part], etags: dict[int, str]) -> None:
        """Copy the parts that are missing in `etags`, and add them to it."""
        stopped = Event()
        attempt = self._reads.attempt

        def copy(part: Part) -> tuple[int, str] | None:
            if stopped.is_set() or attempt.out_of_time():
                return None
            answer = self._output.client.upload_part_copy(
                **self._part_request,
                UploadId=upload_id,
                PartNumber=part.number,
                CopySourceRange=f"bytes={part.start}-{part.stop - 1}",
            )
            return part.number, answer["CopyPartResult"]["ETag"]

        pending: set[Future[tuple[int, str] | None]] = {
            self._output.part_threads.submit(copy, part) for part in parts if part.number not in etags
        }
        try:
            while pending and not attempt.out_of_time():
                done, pending = wait(pending, timeout=_POLL_SECONDS, return_when=FIRST_COMPLETED)
                etags.update(copied for future in done if (copied := future.result()))
        finally:
            stopped.set()
        if len(etags) < len(parts):
            cause = f"{len(etags)} of {len(parts)} parts done when the function's deadline was near; a retry continues"
            raise attempt.remember(OutOfTime(cause))

    def _complete(self, upload_id: str, head: HeadObjectOutputTypeDef, etags: dict[int, str]) -> None:
        # S3 has none of an old object.
        checksum: dict[str, Any] = {}
        if "ChecksumCRC64NVME" in head:
            checksum["ChecksumCRC64NVME"] = head["ChecksumCRC64NVME"]
        self._output.client.complete_multipart_upload(
            **self._target,
            **checksum,
            UploadId=upload_id,
            MultipartUpload={"Parts": [{"PartNumber": number, "ETag": etags[number]} for number in sorted(etags)]},
            ChecksumType="FULL_OBJECT",
            MpuObjectSize=head["ContentLength"],
        )
