"""The errors of a listing. Their class names are the error names in Step Functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from botocore.exceptions import ClientError


class ListingFailed(Exception):  # noqa: N818 # named as Step Functions shows it
    """S3 refused to list, with a code that none of the other errors stands for."""


class AccessDenied(ListingFailed):
    """The bucket policy or the role's policy doesn't allow it, or another account owns the bucket."""


class NoSuchBucket(ListingFailed):
    """A bucket of this name doesn't exist."""


class Throttled(ListingFailed):
    """S3 answered SlowDown for longer than the client's retries last."""


class NoProgress(ListingFailed):
    """An invocation received no page at all: continuing from its checkpoint could go on forever."""


class NoClock(ListingFailed):
    """S3 answered without its time, from which an incremental run looks back."""


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
    """The error under the name that a person and a Retry clause know. `doing`: the call, for the message."""
    details = error.response.get("Error", {})
    code = str(details.get("Code", "Unknown"))
    return _NAMED.get(code, ListingFailed)(f"{doing}: {code}: {details.get('Message', error)}")
