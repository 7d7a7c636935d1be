"""S3 in memory, with the few calls the lambdas make: a fake, not a mock."""

from __future__ import annotations

import hashlib
import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import ClientError, ReadTimeoutError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_s3 import S3Client


def refusal(code: str, message: str = "", operation: str = "GetObject") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


class Body(io.BytesIO):
    """`breaks_after`: the connection breaks once so many bytes are read."""

    def __init__(self, content: bytes, breaks_after: int | None = None) -> None:
        super().__init__(content)
        self._breaks_after = breaks_after

    def read(self, size: int | None = -1) -> bytes:
        if self._breaks_after is not None:
            if self.tell() >= self._breaks_after:
                raise ReadTimeoutError(endpoint_url="fake")
            size = min(size if size and size > 0 else self._breaks_after, self._breaks_after - self.tell())
        return super().read(size)


class FakeS3:
    """One account's buckets. What a test wants to go wrong, it says in `refusals` and `breaks`."""

    def __init__(self, owner: str = "222222222222") -> None:
        self.owner = owner
        self.objects: dict[tuple[str, str], bytes] = {}
        self.refusals: dict[str, ClientError] = {}
        self.refused_puts: ClientError | None = None
        self.undeletable: set[str] = set()
        self.breaks: dict[str, list[int]] = {}
        self.reads: list[str] = []
        self.modified: dict[str, datetime] = {}
        self.missing_is_denied = False

    @property
    def client(self) -> S3Client:
        return cast("S3Client", self)

    def below(self, bucket: str, prefix: str) -> dict[str, bytes]:
        return {key: body for (b, key), body in sorted(self.objects.items()) if b == bucket and key.startswith(prefix)}

    def get_object(self, **request: Any) -> dict[str, Any]:
        self._check_owner(request)
        key = request["Key"]
        self.reads.append(key)
        if key in self.refusals:
            raise self.refusals[key]
        content = self.objects.get((request["Bucket"], key))
        if content is None and self.missing_is_denied:
            raise refusal("AccessDenied", "Access Denied")
        if content is None:
            raise refusal("NoSuchKey", "The specified key does not exist.")
        if "IfMatch" in request and request["IfMatch"].strip('"') != self.etag(content):
            raise refusal("PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
        if "Range" in request:
            start = int(request["Range"].removeprefix("bytes=").partition("-")[0])
            if start >= len(content):
                raise refusal("InvalidRange", "The requested range is not satisfiable")
            content = content[start:]
        breaks = self.breaks.get(key)
        body = Body(content, breaks.pop(0) if breaks else None)
        return {"Body": body, "ContentLength": len(content), "ETag": f'"{self.etag(content)}"'}

    def head_object(self, **request: Any) -> dict[str, Any]:
        """As S3 answers a HEAD, whose refusals have a status and no code."""
        try:
            answer = self.get_object(**request)
        except ClientError as error:
            codes = {"NoSuchKey": "404", "PreconditionFailed": "412", "AccessDenied": "403"}
            code = error.response["Error"]["Code"]
            raise refusal(codes.get(code, code), operation="HeadObject") from error
        modified = self.modified.get(request["Key"], datetime(2026, 11, 1, tzinfo=UTC))
        return {**{name: answer[name] for name in ("ContentLength", "ETag")}, "LastModified": modified}

    def put_object(self, **request: Any) -> dict[str, Any]:
        self._check_owner(request)
        if self.refused_puts:
            raise self.refused_puts
        self.objects[request["Bucket"], request["Key"]] = request["Body"]
        return {}

    def delete_objects(self, **request: Any) -> dict[str, Any]:
        self._check_owner(request)
        errors = []
        for each in request["Delete"]["Objects"]:
            if each["Key"] in self.undeletable:
                errors.append({"Key": each["Key"], "Code": "AccessDenied", "Message": "Access Denied"})
            else:
                self.objects.pop((request["Bucket"], each["Key"]), None)
        return {"Errors": errors} if errors else {}

    def list_objects_v2(self, **request: Any) -> dict[str, Any]:
        """Pages of two keys."""
        self._check_owner(request)
        after = request.get("ContinuationToken", "")
        found = [key for key in self.below(request["Bucket"], request["Prefix"]) if key > after]
        if not found:
            return {"IsTruncated": False}
        more = {"IsTruncated": True, "NextContinuationToken": found[1]} if len(found) > 2 else {"IsTruncated": False}
        return {"Contents": [{"Key": key} for key in found[:2]], **more}

    def get_paginator(self, _operation: str) -> FakeS3:
        return self

    def paginate(self, **request: Any) -> Iterator[dict[str, Any]]:
        token: dict[str, str] | None = {}
        while token is not None:
            page = self.list_objects_v2(**request, **token)
            yield page
            token = {"ContinuationToken": page["NextContinuationToken"]} if page["IsTruncated"] else None

    @staticmethod
    def etag(content: bytes) -> str:
        return hashlib.md5(content, usedforsecurity=False).hexdigest()

    def _check_owner(self, request: dict[str, Any]) -> None:
        if request.get("ExpectedBucketOwner") != self.owner:
            raise refusal("AccessDenied", "Access Denied")
