"""Reads one page of a listing without botocore's double parse.

botocore parses each page's XML twice (its check for an error inside a 200, then its parser) and turns every
LastModified into a datetime, which a lister doesn't need. A hook lifts the keys out of the body and leaves the small
remainder to botocore: its retries, its error checks and its signature of `list_objects_v2` stay.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
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
    """Keys in UTF-8 byte order. `token` continues the listing; None on the last page."""

    keys: list[str]
    token: str | None


class TruncatedWithoutToken(Exception):  # noqa: N818 # named as Step Functions shows it
    """S3 answered that the listing has more pages, without a token to continue it."""


def lift_keys(client: S3Client) -> S3Client:
    """Let `client` read pages the fast way; a botocore without the hook's event reads them the plain way.

    From then on the client's pages have no Contents: read them only with `read_page`.
    """
    client.meta.events.register(_EVENT, _lift, unique_id="mapspan-lift-keys")
    return client


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
    keys = answer.get(_LIFTED)
    if keys is None:
        keys = [entry["Key"] for entry in answer.get("Contents", ())]
    if not answer.get("IsTruncated"):
        return Page(keys, None)
    if not answer.get("NextContinuationToken"):
        raise TruncatedWithoutToken(
            f"S3 sent a truncated page of s3://{request['Bucket']} without NextContinuationToken"
        )
    return Page(keys, answer["NextContinuationToken"])


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
    customized_response_dict[_LIFTED] = keys
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
