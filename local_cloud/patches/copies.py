"""CopyObject and UploadPartCopy from a bucket of another account, with tags, each permission asked as AWS asks it.

MiniStack asks for s3:GetObject and s3:PutObject on both sides, but then looks for the source among the buckets of the
destination's account. It copies tags without a permission.
https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote

from ministack.core import iam_actions, responses  # type: ignore[import-untyped] # it has no types
from ministack.services import s3  # type: ignore[import-untyped] # likewise

from local_cloud.patches.handler import Response

_ACCESS_DENIED = ("AccessDenied", "Access Denied", 403)


class _Source(NamedTuple):
    """The object of `x-amz-copy-source`, and the account that owns its bucket."""

    bucket: str
    key: str
    owner: str


def copy_between_accounts() -> None:
    """A copy finds its source in whichever account owns the bucket."""
    s3._copy_object = _with_source_in_reach(s3._copy_object)
    s3._upload_part_copy = _with_source_in_reach(s3._upload_part_copy)


def ask_for_tag_permissions() -> None:
    """Reading the tags of a copy's source and writing those of an object take permissions of their own, on both sides.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html#tagging-and-policies
    """
    identity_checks = iam_actions.s3_additional_checks
    scope = s3._apply_bucket_scope

    def identity_checks_and_tags(method: str, path: str, headers: Any, body: bytes, query: Any) -> list[Any]:
        checks: list[Any] = identity_checks(method, path, headers, body, query)
        bucket, _, key = path.lstrip("/").partition("/")
        if _copies_tags(method, headers, query) and (source := _source(headers)):
            checks.append(("s3:GetObjectTagging", f"arn:aws:s3:::{source.bucket}/{source.key}"))
        if key and _writes_tags(method, headers, query):
            checks.append(("s3:PutObjectTagging", f"arn:aws:s3:::{bucket}/{key}"))
        return checks

    def scope_and_tags(method: str, bucket: str, key: str, headers: Any, query: Any, *rest: Any) -> Any:
        caller = responses.get_account_id()
        if denied := scope(method, bucket, key, headers, query, *rest):
            return denied
        owner, source = s3._bucket_owner_account(bucket), _source(headers)
        asked = []
        if source and source.owner != caller and _copies_tags(method, headers, query):
            asked.append((source.owner, source.bucket, source.key, "GET"))
        if owner and owner != caller and key and _writes_tags(method, headers, query):
            asked.append((owner, bucket, key, "PUT"))
        for other_account, other_bucket, other_key, verb in asked:
            if not s3._foreign_bucket_allows(other_account, other_bucket, other_key, verb, {"tagging": [""]}, caller):
                return s3._error(*_ACCESS_DENIED, f"/{other_bucket}/{other_key}")
        return None

    iam_actions.s3_additional_checks = identity_checks_and_tags
    s3._apply_bucket_scope = scope_and_tags


def _with_source_in_reach(copy: Callable[..., Response]) -> Callable[..., Response]:
    def copy_from_anywhere(*arguments: Any) -> Response:
        source = _source(arguments[-1])  # both functions take the headers last
        if source is None or source.owner == responses.get_account_id():
            return copy(*arguments)
        with _in_reach(source):
            return copy(*arguments)

    return copy_from_anywhere


@contextlib.contextmanager
def _in_reach(source: _Source) -> Iterator[None]:
    """The source's bucket, versions and tags, as if they were the request's own account's while it is answered."""
    version = _version(source)
    stores = (
        (s3._buckets, source.bucket),
        (s3._object_versions, (source.bucket, source.key)),
        (s3._object_tags, (source.bucket, source.key, version)),
    )
    lent = [(store, name) for store, name in stores if store.contains_scoped(source.owner, None, name)]
    for store, name in lent:
        store[name] = store.get_scoped(source.owner, None, name)
    try:
        yield
    finally:
        for store, name in lent:
            store.pop(name, None)


def _source(headers: Mapping[str, str]) -> _Source | None:
    """None if the request is not a copy, or no account owns the bucket."""
    path = unquote(headers.get("x-amz-copy-source", "").partition("?")[0]).lstrip("/")
    bucket, _, key = path.partition("/")
    owner = s3._bucket_owner_account(bucket) if key else None
    return _Source(bucket, key, owner) if owner else None


def _version(source: _Source) -> str | None:
    bucket = s3._buckets.get_scoped(source.owner, None, source.bucket)
    current: Mapping[str, Any] = bucket["objects"].get(source.key) or {}
    return current.get("version_id")


def _copies_tags(method: str, headers: Mapping[str, str], query: Mapping[str, Any]) -> bool:
    """Whether a CopyObject takes its source's tags along, which is the default, and the source has any."""
    replaced = headers.get("x-amz-tagging-directive", "COPY").upper() == "REPLACE"
    source = _source(headers)
    if method != "PUT" or source is None or replaced or "uploadId" in query:
        return False
    return bool(s3._object_tags.get_scoped(source.owner, None, (source.bucket, source.key, _version(source))))


def _writes_tags(method: str, headers: Mapping[str, str], query: Mapping[str, Any]) -> bool:
    """Whether the request writes an object's tags beside its bytes."""
    return _copies_tags(method, headers, query) or (
        bool(headers.get("x-amz-tagging")) and (method == "PUT" or (method == "POST" and "uploads" in query))
    )
