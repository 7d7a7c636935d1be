"""The requests that read one object: each reads the same version of it, and only from the expected owner."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from .failures import ReadFailed, s3_code

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef, GetObjectRequestTypeDef, HeadObjectOutputTypeDef
    from urllib3.exceptions import HTTPError

    from lambdas.shared.child_input import Item

    from .attempt import Attempt
    from .bucket import Bucket


class Reads:
    """Reads one object. What is known of it comes from the item, else from S3's first answer.

    The ETag of the item, else of the first answer, is the If-Match of every later request.
    """

    def __init__(self, item: Item, *, source: Bucket, attempt: Attempt) -> None:
        self.key = item["Key"]
        self.source = source
        self.attempt = attempt
        etag = item.get("ETag") or item.get("Etag")
        self.etag = quoted(etag) if etag else None
        # An inventory may leave it empty. Without an ETag, the object may have another size by now.
        size = item.get("Size", "") if etag else ""
        self.size = None if size == "" else int(size)
        self.last_modified = _listed_time(item)
        self.answer: Mapping[str, Any] | None = None

    def get(self, byte_range: str | None = None) -> GetObjectOutputTypeDef | None:
        """S3's answer to a GetObject; None if the object has no byte in the range. Raises ReadFailed."""
        self.attempt.check_time("the object was being read")
        request = self.request()
        if byte_range:
            request["Range"] = byte_range
        try:
            answer = self.source.client.get_object(**request)
        except ClientError as error:
            if s3_code(error) in {"416", "InvalidRange"}:
                return None
            raise self.failed(error) from error
        except BotoCoreError as error:
            raise self.failed(error) from error
        self._note(answer)
        return answer

    def head(self, **further: Any) -> HeadObjectOutputTypeDef:
        """S3's answer to a HeadObject. Raises ReadFailed."""
        self.attempt.check_time("the object was being read")
        try:
            answer = self.source.client.head_object(**self.request(), **further)
        except (ClientError, BotoCoreError) as error:
            raise self.failed(error) from error
        self._note(answer)
        return answer

    def tags(self) -> dict[str, str]:
        """Raises ReadFailed."""
        self.attempt.check_time("the object's tags were being read")
        try:
            answer = self.source.client.get_object_tagging(
                Bucket=self.source.name,
                Key=self.key,
                ExpectedBucketOwner=self.source.owner,
                **self.source.payer,
            )
        except (ClientError, BotoCoreError) as error:
            raise self.failed(error) from error
        return {tag["Key"]: tag["Value"] for tag in answer["TagSet"]}

    def first_answer(self) -> Mapping[str, Any]:
        """The first answer to a request, which a HeadObject brings if there was none."""
        if self.answer is None:
            self.head()
        assert self.answer is not None  # noqa: S101 # head() has set it
        return self.answer

    def failed(self, error: BotoCoreError | ClientError | HTTPError | OSError) -> ReadFailed:
        """The failure to raise, remembered."""
        return self.attempt.remember(ReadFailed.of(error))

    def request(self) -> GetObjectRequestTypeDef:
        """The parameters of every request."""
        request: GetObjectRequestTypeDef = {
            "Bucket": self.source.name,
            "Key": self.key,
            "ExpectedBucketOwner": self.source.owner,
            **self.source.payer,  # type: ignore[typeddict-item] # one parameter or none
        }
        if self.etag:
            request["IfMatch"] = self.etag
        return request

    def _note(self, answer: GetObjectOutputTypeDef | HeadObjectOutputTypeDef) -> None:
        if self.answer is not None:
            return
        self.answer = answer
        self.etag = self.etag or answer["ETag"]
        self.last_modified = self.last_modified or answer["LastModified"]
        if self.size is None:
            # "bytes 0-99/1234"
            total = answer.get("ContentRange", "").rpartition("/")[2]
            self.size = int(total) if total else answer["ContentLength"]


def quoted(etag: str) -> str:
    """An ETag as S3 compares it: an inventory's has no quotes."""
    return etag if etag.startswith('"') else f'"{etag}"'


def _listed_time(item: Item) -> datetime | None:
    """An inventory has ISO 8601, a Map that lists objects has seconds since 1970."""
    if text := item.get("LastModifiedDate"):
        return datetime.fromisoformat(text)
    seconds = item.get("LastModified")
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
