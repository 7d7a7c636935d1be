"""An AWS error becomes one sentence that says what to do."""

from __future__ import annotations

import pytest
from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError, NoCredentialsError, ProfileNotFound

from mapspan.aws_errors import sentence
from tests.fixtures.fake_states import EXECUTION, refused

MACHINE = "arn:aws:states:eu-west-1:333333333333:stateMachine:mapspan-dev"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (NoCredentialsError(), "no AWS credentials: log in"),
        (ProfileNotFound(profile="night"), "The config profile (night) could not be found: log in again"),
        (EndpointConnectionError(endpoint_url="https://x"), "no connection to AWS: Could not connect"),
        (refused("ExpiredTokenException", "The security token included in the request is expired"), "have expired"),
        (
            refused("UnrecognizedClientException", "The security token is invalid."),
            "does not recognize these",
        ),
        (
            refused("AccessDeniedException", "User: me is not authorized to perform: x"),
            "denied access: User: me is",
        ),
        (refused("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{MACHINE}'"), "`cdktf deploy dev`"),
        (
            refused("ExecutionDoesNotExist", f"Execution Does Not Exist: '{EXECUTION}'"),
            "local has no execution night: `mapspan list local`",
        ),
        (refused("ThrottlingException", "Rate exceeded"), "is throttling these calls"),
        (refused("KmsAccessDeniedException", "no\n key."), "AWS refused the call: no key (KmsAccessDeniedException)"),
    ],
)
def test_an_aws_error_is_one_sentence(error: ClientError | BotoCoreError, words: str) -> None:
    text = sentence(error)
    assert words in text
    assert "\n" not in text
