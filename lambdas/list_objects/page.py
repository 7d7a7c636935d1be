"""Reads one page of a listing without botocore's double parse.

botocore parses each page's XML twice (its check for an error inside a 200, then its parser) and turns every
LastModified into a datetime, which a lister doesn't need. A hook lifts the keys out of the body and leaves the small
remainder to botocore: its retries, its error checks and its signature of `list_objects_v2` stay.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from .listed_object import ListedObject, listed_objects, lists_an_archive, of_entry

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mypy_boto3_s3 import S3Client

# With a wildcard for the service, this handler runs before botocore's own `before-parse.s3.*`, the check for an error
# inside a 200. If that order ever changes, pages are parsed once more than necessary, and the result is still right.
_EVENT = "before-parse.*.ListObjectsV2"
_LIFTED = "LiftedKeys"
_END = b"</ListBucketResult>"
_FIRST, _LAST = b"<Contents>", b"</Contents>"
_KEY = re.compile(rb"<Key>([^<]*)</Key>")
_KEY_COUNT = re.compile(rb"<KeyCount>(\d+)</KeyCount>")


class Page(NamedTuple):
    """Keys in UTF-8 byte order. `token` continues the listing; None on the last page.

    What else S3 says about the objects is in `body` from `start` to `end`, the XML of a page that was read fast, or in
    `entries`.
    `date`: S3's clock when it answered, as HTTP writes it.
    """

    keys: list[str]
    token: str | None
    body: bytes = b""
    start: int = 0
    end: int = 0
    entries: Sequence[Mapping[str, Any]] = ()
    date: str = ""

    @property
    def has_archive(self) -> bool:
        """Whether an object may have to be restored before it can be read."""
        return lists_an_archive(self.body, self.start, self.end) or any(
            of_entry(entry).archived for entry in self.entries
        )

    @property
    def contents(self) -> bytes:
        """The Contents elements of a page that was read the fast way."""
        return self.body[self.start : self.end]

    def objects(self) -> list[ListedObject]:
        """The objects, in the order of the keys."""
        if self.entries:
            return [of_entry(entry) for entry in self.entries]
        return listed_objects(self.keys, self.contents)


class TruncatedWithoutToken(Exception):  # noqa: N818 # named as Step Functions shows it
    """S3 answered that the listing has more pages, without a token to continue it."""


def lift_keys(client: S3Client) -> S3Client:
    """Let `client` read pages the fast way; a botocore without the hook's event reads them the plain way.

    From then on the client's pages have no Contents: read them only with `read_page`.
    """
    client.meta.events.register(_EVENT, _lift, unique_id="mapspan-lift-keys")
    return client


def source_request(*, bucket: str, owner: str, requester_pays: bool) -> dict[str, Any]:
    """The parameters that all pages of the source bucket share. Each page says which of its archives are restored.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/ObjectsinRequesterPaysBuckets.html
    """
    request = {"Bucket": bucket, "ExpectedBucketOwner": owner, "OptionalObjectAttributes": ["RestoreStatus"]}
    return request | ({"RequestPayer": "requester"} if requester_pays else {})


def read_page(client: S3Client, *, token: str | None, start_after: str, **request: Any) -> Page:
    """Request one page. `request`: the parameters that all pages share, such as Bucket, Prefix, ExpectedBucketOwner.

    Raises botocore's `ClientError` and connection errors once its retries are used up, and TruncatedWithoutToken.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
    """
    if token:
        request["ContinuationToken"] = token
    elif start_after:
        request["StartAfter"] = start_after
    answer: dict[str, Any] = client.list_objects_v2(**request)  # type: ignore[assignment] # the hook adds a field
    entries = answer.get("Contents", ())
    keys, body, start, end = answer.get(_LIFTED) or ([entry["Key"] for entry in entries], b"", 0, 0)
    date = answer["ResponseMetadata"]["HTTPHeaders"].get("date", "")
    next_token = answer.get("NextContinuationToken") if answer.get("IsTruncated") else None
    if answer.get("IsTruncated") and not next_token:
        raise TruncatedWithoutToken(
            f"S3 sent a truncated page of s3://{request['Bucket']} without NextContinuationToken"
        )
    return Page(keys, next_token, body, start, end, entries, date)


def _lift(
    response_dict: dict[str, Any],
    customized_response_dict: dict[str, Any] | None = None,
    **_: Any,
) -> None:
    """Lifts the keys only out of a page that is clearly whole: not errors, truncated bodies, or errors inside a 200."""
    body: bytes = response_dict["body"]
    if customized_response_dict is None or response_dict["status_code"] != 200 or not body.endswith(_END):
        return
    start, end = body.find(_FIRST), body.rfind(_LAST) + len(_LAST)
    if start < 0:
        return
    remainder = body[:start] + body[end:]
    encoded = _KEY.findall(body, start, end)
    count = _KEY_COUNT.search(remainder)
    if not count or int(count[1]) != len(encoded) or b"<EncodingType>url</EncodingType>" not in remainder:
        return
    lines = b"\n".join(encoded)
    if b"&" in lines:
        return
    try:
        keys = _decode(lines)
    except UnicodeDecodeError:
        return
    if len(keys) != len(encoded):
        return
    customized_response_dict[_LIFTED] = keys, body, start, end
    response_dict["body"] = remainder


def _decode(lines: bytes) -> list[str]:
    """`unquote_plus` of many keys at once, one per line: as \\xXX, Python's own unescaping in C decodes %XX.

    Raises UnicodeDecodeError for a key that is not URL-encoded UTF-8.
    """
    if b"%" not in lines and b"+" not in lines:
        return lines.decode("ascii").split("\n")
    # 0xFF never occurs in UTF-8, so it still separates the keys when one of them contains a decoded newline.
    escaped = lines.replace(b"\\", b"\\\\").replace(b"%", b"\\x").replace(b"+", b" ").replace(b"\n", b"\xff")
    return [key.decode() for key in escaped.decode("unicode_escape").encode("latin-1").split(b"\xff")]
