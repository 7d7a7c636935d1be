"""The failures of reading and writing: what a job sees raised, and what its key's outcome will be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from botocore.exceptions import BotoCoreError
    from urllib3.exceptions import HTTPError

# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
_NAMES = {
    "403": "AccessDenied",
    "404": "ObjectNotFound",
    "412": "ObjectChanged",
    "503": "Throttled",
    "NoSuchKey": "ObjectNotFound",
    "NoSuchVersion": "ObjectNotFound",
    "PreconditionFailed": "ObjectChanged",
    "SlowDown": "Throttled",
    "ServiceUnavailable": "Throttled",
    "RequestLimitExceeded": "Throttled",
    "Throttling": "Throttled",
    "ThrottlingException": "Throttled",
    "InvalidObjectState": "ObjectArchived",
}


class ObjectFailure(Exception):  # noqa: N818 # named as its outcome
    """A failure that decides its key's outcome, even if the job catches it. `error` is the outcome's Error."""

    def __init__(self, cause: str, *, error: str | None = None) -> None:
        super().__init__(cause)
        self.error = error or type(self).__name__


class ReadFailed(ObjectFailure):
    """S3 refused to read the object, or the read broke off and could not be continued."""

    @classmethod
    def of(cls, failure: BotoCoreError | ClientError | HTTPError | OSError) -> ReadFailed:
        """Named by S3's code, such as ObjectNotFound; ReadFailed if the connection failed."""
        if not isinstance(failure, ClientError):
            return cls(f"{type(failure).__name__}: {failure}")
        code = s3_code(failure)
        cause = _cause(failure)
        if code in {"403", "AccessDenied"}:
            # https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html#API_GetObject_RequestSyntax
            cause += " (S3 also answers this if the object doesn't exist and the role may not list the bucket)"
        return cls(cause, error=_NAMES.get(code, code))


class OutputFailed(ObjectFailure):
    """S3 refused a write, or the connection failed."""

    @classmethod
    def of(cls, failure: BotoCoreError | ClientError | HTTPError | OSError, where: str) -> OutputFailed:
        """The cause has S3's code, and `where` it was to be written."""
        cause = _cause(failure) if isinstance(failure, ClientError) else f"{type(failure).__name__}: {failure}"
        return cls(f"{cause} ({where})")


class OutOfTime(ObjectFailure):
    """The function's deadline is too near to go on."""


def s3_code(error: ClientError) -> str:
    """S3's name for the error; an HTTP status where S3 answers without a body, as to a HEAD."""
    return str(error.response.get("Error", {}).get("Code", "Unknown"))


def _cause(error: ClientError) -> str:
    return f"{s3_code(error)}: {error.response.get('Error', {}).get('Message', error)}"
