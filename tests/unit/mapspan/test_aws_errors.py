"""What AWS refuses is one sentence that says what to do."""

from __future__ import annotations

import pytest
from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError, NoCredentialsError, ProfileNotFound

from mapspan.aws_errors import sentence
from tests.fixtures.fake_states import EXECUTION, refused

MACHINE = "arn:aws:states:eu-west-1:333333333333:stateMachine:mapspan-dev"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (NoCredentialsError(), "there are no AWS credentials: log in"),
        (ProfileNotFound(profile="night"), "The config profile (night) could not be found: log in again"),
        (EndpointConnectionError(endpoint_url="https://x"), "AWS can't be reached: Could not connect"),
        (refused("ExpiredTokenException", "The security token included in the request is expired"), "have expired"),
        (refused("UnrecognizedClientException", "The security token is invalid."), "doesn't know these credentials"),
        (refused("AccessDeniedException", "User: me is not authorized to perform: x"), "denies it: User: me is not"),
        (refused("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{MACHINE}'"), "`cdktf deploy dev`"),
        (
            refused("ExecutionDoesNotExist", f"Execution Does Not Exist: '{EXECUTION}'"),
            "local has no execution night: `mapspan list local`",
        ),
        (refused("ThrottlingException", "Rate exceeded"), "throttles these calls"),
        (refused("KmsAccessDeniedException", "no\n key."), "AWS refuses: no key (KmsAccessDeniedException)"),
    ],
)
def test_one_sentence(error: ClientError | BotoCoreError, said: str) -> None:
    told = sentence(error)
    assert said in told
    assert "\n" not in told
