"""What AWS refused, and what kept a call from reaching it, in one clear sentence each."""

from __future__ import annotations

import re

import botocore.exceptions as boto

_EXPIRED = "the AWS credentials have expired: log in again"
_UNKNOWN = "AWS doesn't know these credentials: check AWS_PROFILE, or log in again"
_CREDENTIALS = {
    **dict.fromkeys(("ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"), _EXPIRED),
    **dict.fromkeys(("UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId"), _UNKNOWN),
    **dict.fromkeys(("InvalidSignatureException", "SignatureDoesNotMatch", "IncompleteSignature"), _UNKNOWN),
}
_DENIED = {"AccessDenied", "AccessDeniedException", "AccessDeniedError", "UnauthorizedOperation"}
# https://docs.aws.amazon.com/step-functions/latest/apireference/CommonErrors.html
_THROTTLED = {"ThrottlingException", "Throttling", "TooManyRequestsException", "RequestLimitExceeded", "SlowDown"}

# A renewed login mends these; the words are boto3's own.
_LOGIN = (
    boto.UnauthorizedSSOTokenError,
    boto.SSOTokenLoadError,
    boto.TokenRetrievalError,
    boto.CredentialRetrievalError,
    boto.PartialCredentialsError,
    boto.ProfileNotFound,
)
_LOST = (boto.ConnectionError, boto.HTTPClientError)


def is_throttling(error: Exception) -> bool:
    """Whether AWS asked for fewer calls."""
    return isinstance(error, boto.ClientError) and (_code(error) in _THROTTLED or _status(error) == 429)


def is_lost_connection(error: Exception) -> bool:
    """Whether AWS wasn't reached, or answered that it is out of order itself."""
    return isinstance(error, _LOST) or (isinstance(error, boto.ClientError) and _status(error) >= 500)


def sentence(error: boto.ClientError | boto.BotoCoreError) -> str:
    """What is wrong and, where that is known, what to do about it."""
    if isinstance(error, boto.NoCredentialsError):
        return "there are no AWS credentials: log in, or name a profile with AWS_PROFILE"
    if isinstance(error, _LOGIN):
        return f"the AWS credentials can't be used: {_words(error)}: log in again, or name a profile with AWS_PROFILE"
    if isinstance(error, _LOST):
        return f"AWS can't be reached: {_words(error)}"
    if isinstance(error, boto.ClientError):
        return _refusal(error)
    return _words(error)


def _refusal(error: boto.ClientError) -> str:
    code, words = _code(error), _words(error)
    if code in _CREDENTIALS:
        return _CREDENTIALS[code]
    if code in _DENIED:
        return f"AWS denies it: {words}"
    if is_throttling(error):
        return f"AWS throttles these calls: try again in a minute ({code})"
    named = re.search(r"mapspan-([a-z0-9-]+?)(?::([^:/'\s]+))?'?$", words)
    if code == "StateMachineDoesNotExist":
        environment = named[1] if named else "<environment>"
        return f"{words}: deploy it with `cdktf deploy {environment}`, or check whose credentials these are"
    if code == "ExecutionDoesNotExist" and named:
        return f"{named[1]} has no execution {named[2]}: `mapspan list {named[1]}` shows those there are"
    return f"AWS refuses: {words} ({code})"


def _code(error: boto.ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", "Unknown"))


def _status(error: boto.ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _words(error: boto.ClientError | boto.BotoCoreError) -> str:
    said = error.response.get("Error", {}).get("Message") if isinstance(error, boto.ClientError) else None
    return " ".join(str(said or error).split()).rstrip(".")
