"""Multipart uploads, with what MiniStack leaves out: tags, and the least size of a part."""

import re
from typing import Any
from urllib.parse import parse_qsl

from ministack.services import s3  # type: ignore[import-untyped] # it has no types

from local_cloud.patches.handler import Response

# Each part but the last: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
LEAST_PART_BYTES = 5 * 1024 * 1024
_UPLOAD_ID = re.compile(rb"<UploadId>(.*?)</UploadId>")


def keep_tags_of_uploads() -> None:
    """The tags of CreateMultipartUpload become those of the object."""
    create, complete = s3._create_multipart_upload, s3._complete_multipart_upload

    def create_with_tags(bucket: str, key: str, headers: dict[str, str]) -> Response:
        response: Response = create(bucket, key, headers)
        if upload_id := _UPLOAD_ID.search(response[2]):
            tags = parse_qsl(headers.get("x-amz-tagging", ""), keep_blank_values=True)
            s3._multipart_uploads[upload_id[1].decode()]["tags"] = dict(tags)
        return response

    def complete_with_tags(bucket: str, key: str, body: bytes, query: Any, headers: Any = None) -> Response:
        upload = s3._multipart_uploads.get(s3._qp(query, "uploadId")) or {}
        response: Response = complete(bucket, key, body, query, headers)
        if response[0] == 200 and upload.get("tags"):
            version = s3._buckets[bucket]["objects"][key].get("version_id")
            s3._object_tags[bucket, key, version] = upload["tags"]
        return response

    s3._create_multipart_upload, s3._complete_multipart_upload = create_with_tags, complete_with_tags


def refuse_small_parts() -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html"""
    complete = s3._complete_multipart_upload

    def complete_large_parts(bucket: str, key: str, body: bytes, query: Any, headers: Any = None) -> Response:
        upload = s3._multipart_uploads.get(s3._qp(query, "uploadId")) or {"parts": {}}
        numbers = sorted(int(number) for number in re.findall(rb"<PartNumber>(\d+)</PartNumber>", body))
        if any(upload["parts"].get(n, {"size": LEAST_PART_BYTES})["size"] < LEAST_PART_BYTES for n in numbers[:-1]):
            message = "Your proposed upload is smaller than the minimum allowed size"
            refusal: Response = s3._error("EntityTooSmall", message, 400, f"/{bucket}/{key}")
            return refusal
        response: Response = complete(bucket, key, body, query, headers)
        return response

    s3._complete_multipart_upload = complete_large_parts
