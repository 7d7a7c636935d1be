"""One page of a listing, read without botocore's double parse.

botocore parses each page's XML twice (its check for an error inside a 200, then its parser) and turns every
LastModified into a datetime, of which a lister needs nothing. A hook lifts the keys out of the body and leaves
botocore the small remainder: its retries, its error checks and its signature of `list_objects_v2` stay.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# The subscription with a wildcard for the service sorts before botocore's own `before-parse.s3.*`, the check for
# an error inside a 200. Should that order ever change, pages are parsed once more than needed, and still rightly.
_EVENT = "before-parse.*.ListObjectsV2"
_LIFTED = "LiftedKeys"
_END = b"</ListBucketResult>"
_FIRST, _LAST = b"<Contents>", b"</Contents>"
_KEY = re.compile(rb"<Key>([^<]*)</Key>")
_KEY_COUNT = re.compile(rb"<KeyCount>(\d+)</KeyCount>")


class Page(NamedTuple):
    """Keys in UTF-8 byte order; `token` continues the listing, None on its last page."""

    keys: list[str]
    token: str | None


class TruncatedWithoutToken(Exception):  # noqa: N818 # named as Step Functions shows it
    """S3 said there is more, and not how to ask for it."""


def lift_keys(client: S3Client) -> S3Client:
    """Make `client` read pages the fast way; a botocore without the hook's event reads them the plain way.

    From then on its pages have no Contents: read them with `read_page` alone.
    """
    client.meta.events.register(_EVENT, _lift, unique_id="mapspan-lift-keys")
    return client


def read_page(client: S3Client, *, token: str | None, start_after: str, **request: Any) -> Page:
    """Ask for one page. `request` is what every page of the listing says: Bucket, Prefix, ExpectedBucketOwner.

    Raises botocore's `ClientError` and connection errors once its retries are used up.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
    """
    if token:
        request["ContinuationToken"] = token
    elif start_after:
        request["StartAfter"] = start_after
    answer: dict[str, Any] = client.list_objects_v2(**request)  # type: ignore[assignment] # the hook adds a field
    keys = answer.get(_LIFTED)
    if keys is None:
        keys = [each["Key"] for each in answer.get("Contents", ())]
    if not answer.get("IsTruncated"):
        return Page(keys, None)
    if not answer.get("NextContinuationToken"):
        raise TruncatedWithoutToken(f"a page of {request['Bucket']} is truncated and has no NextContinuationToken")
    return Page(keys, answer["NextContinuationToken"])


def _lift(
    response_dict: dict[str, Any],
    customized_response_dict: dict[str, Any] | None = None,
    **_: Any,
) -> None:
    """Leaves alone whatever isn't plainly a whole page: errors, truncated bodies, errors inside a 200."""
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
    """`unquote_plus` of many keys at once, a line each: %XX is \\xXX to Python's own unescaping, which runs in C.

    Raises UnicodeDecodeError for what is neither URL-encoded nor UTF-8.
    """
    if b"%" not in lines and b"+" not in lines:
        return lines.decode("ascii").split("\n")
    # 0xFF is in no UTF-8 text: once a newline within a key is decoded, the keys are still told apart.
    escaped = lines.replace(b"\\", b"\\\\").replace(b"%", b"\\x").replace(b"+", b" ").replace(b"\n", b"\xff")
    return [key.decode() for key in escaped.decode("unicode_escape").encode("latin-1").split(b"\xff")]
