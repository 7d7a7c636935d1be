"""Checks whether the lister may list in the source account, by listing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

from botocore.exceptions import ClientError

from lambdas.shared.requester_pays import REQUESTER_PAYS

from .page import read_page

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mypy_boto3_s3 import S3Client


class CallCheck(TypedDict):
    """One call: `error` is null if it was allowed. `key`: an object to try reading, null if the page has none."""

    call: str
    resource: str
    error: str | None
    key: str | None


def check_listing(client: S3Client, *, request: Mapping[str, Any], prefixes: Sequence[str]) -> list[CallCheck]:
    """List one page below each prefix. If the lister only has to agree to pay for that, the error says so.

    `request`: the parameters of every page, from `page.source_request`.
    """
    return [_check(client, request, prefix) for prefix in prefixes]


def _check(client: S3Client, request: Mapping[str, Any], prefix: str) -> CallCheck:
    check = _list(client, request, prefix)
    paying = {**request, "RequestPayer": "requester"}
    if not str(check["error"]).startswith("AccessDenied") or paying == request:
        return check
    if _list(client, paying, prefix)["error"]:
        return check
    return {**check, "error": REQUESTER_PAYS}


def _list(client: S3Client, request: Mapping[str, Any], prefix: str) -> CallCheck:
    key, denial = None, None
    try:
        page = read_page(client, token=None, start_after="", Prefix=prefix, MaxKeys=100, **request)
        # Reading a folder marker would show less than reading an object.
        key = next((key for key in page.keys if not key.endswith("/")), None)
    except ClientError as error:
        details = error.response.get("Error", {})
        denial = f"{details.get('Code', 'Unknown')}: {details.get('Message', error)}"
    return {"call": "s3:ListBucket", "resource": f"{request['Bucket']}/{prefix}", "error": denial, "key": key}
