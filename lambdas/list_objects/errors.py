"""What a listing can fail with: the class names are the error names that Step Functions sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from botocore.exceptions import ClientError


class ListingFailed(Exception):  # noqa: N818 # named as Step Functions shows it
    """S3 refused to list, for a reason that has no name of its own here."""


class AccessDenied(ListingFailed):
    """The bucket policy, the role's policy or the bucket's expected owner says no."""


class NoSuchBucket(ListingFailed):
    """No bucket of this name."""


class Throttled(ListingFailed):
    """S3 asked to slow down for longer than the client's retries last."""


class NoProgress(ListingFailed):
    """An invocation in which not one page came: going on from its checkpoint might go on for ever."""


_NAMED: dict[str, type[ListingFailed]] = {
    "AccessDenied": AccessDenied,
    "AllAccessDisabled": AccessDenied,
    "403": AccessDenied,
    "NoSuchBucket": NoSuchBucket,
    "RequestLimitExceeded": Throttled,
    "SlowDown": Throttled,
    "ServiceUnavailable": Throttled,
    "ThrottlingException": Throttled,
    "Throttling": Throttled,
}


def named(error: ClientError, *, doing: str) -> ListingFailed:
    """The same error under the name a person and a Retry clause know it by."""
    details = error.response.get("Error", {})
    code = str(details.get("Code", "Unknown"))
    return _NAMED.get(code, ListingFailed)(f"{doing}: {code}: {details.get('Message', error)}")
