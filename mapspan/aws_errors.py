"""AWS errors and lost connections, each as one sentence that says what to do."""

from __future__ import annotations

import re

import botocore.exceptions as boto

_EXPIRED = "the AWS credentials have expired: log in again"
_UNKNOWN = "AWS does not recognize these credentials: check AWS_PROFILE, or log in again"
_CREDENTIALS = {
    **dict.fromkeys(("ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"), _EXPIRED),
    **dict.fromkeys(("UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId"), _UNKNOWN),
    **dict.fromkeys(("InvalidSignatureException", "SignatureDoesNotMatch", "IncompleteSignature"), _UNKNOWN),
}
_DENIED = {"AccessDenied", "AccessDeniedException", "AccessDeniedError", "UnauthorizedOperation"}
# https://docs.aws.amazon.com/step-functions/latest/apireference/CommonErrors.html
_THROTTLED = {"ThrottlingException", "Throttling", "TooManyRequestsException", "RequestLimitExceeded", "SlowDown"}

# A new login fixes these; boto3's own message says what is wrong.
_LOGIN = (
    boto.UnauthorizedSSOTokenError,
    boto.SSOTokenLoadError,
    boto.TokenRetrievalError,
    boto.CredentialRetrievalError,
    boto.PartialCredentialsError,
    boto.ProfileNotFound,
)
_CONNECTION_ERRORS = (boto.ConnectionError, boto.HTTPClientError)


def is_throttling(error: Exception) -> bool:
    """Whether AWS asked for fewer calls."""
    return isinstance(error, boto.ClientError) and (_code(error) in _THROTTLED or _status(error) == 429)


def is_lost_connection(error: Exception) -> bool:
    """Whether the call did not reach AWS, or AWS answered with a server error."""
    return isinstance(error, _CONNECTION_ERRORS) or (isinstance(error, boto.ClientError) and _status(error) >= 500)


def sentence(error: boto.ClientError | boto.BotoCoreError) -> str:
    """What is wrong and, if that is known, what to do about it."""
    if isinstance(error, boto.NoCredentialsError):
        return "no AWS credentials: log in, or name a profile with AWS_PROFILE"
    if isinstance(error, _LOGIN):
        return f"the AWS credentials are unusable: {_message(error)}: log in again, or name a profile with AWS_PROFILE"
    if isinstance(error, _CONNECTION_ERRORS):
        return f"no connection to AWS: {_message(error)}: check the network"
    if isinstance(error, boto.ClientError):
        return _refusal(error)
    return _message(error)


def _refusal(error: boto.ClientError) -> str:
    code, message = _code(error), _message(error)
    if code in _CREDENTIALS:
        return _CREDENTIALS[code]
    if code in _DENIED:
        return f"AWS denied access: {message}: check which account and role you are logged in to"
    if is_throttling(error):
        return f"AWS is throttling these calls ({code}): try again in a minute"
    match = re.search(r"mapspan-([a-z0-9-]+?)(?::([^:/'\s]+))?'?$", message)
    if code == "StateMachineDoesNotExist":
        environment = match[1] if match else "<environment>"
        return (
            f"{message}: deploy it with `cdktf deploy {environment}`,"
            " or check which account and role you are logged in to"
        )
    if code == "ExecutionDoesNotExist" and match:
        return f"{match[1]} has no execution {match[2]}: `mapspan list {match[1]}` shows the executions"
    return f"AWS refused the call: {message} ({code})"


def _code(error: boto.ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", "Unknown"))


def _status(error: boto.ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _message(error: boto.ClientError | boto.BotoCoreError) -> str:
    message = error.response.get("Error", {}).get("Message") if isinstance(error, boto.ClientError) else None
    return " ".join(str(message or error).split()).rstrip(".")
