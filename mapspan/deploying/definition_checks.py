"""AWS's own checks of a definition: all of it at once, then each state with mocked answers of what it calls."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from botocore.exceptions import ClientError

from mapspan.deploying.state_samples import CONTEXT, VARIABLES, mock, state_input
from modules.asl.nested_states import NestedState, nested_states

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient
    from mypy_boto3_stepfunctions.type_defs import TestStateInputTypeDef

VALIDATE = "ValidateStateMachineDefinition"
TEST_STATE = "TestState"
# https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
_TEST_STATE_SECONDS = 1.0
# TestState and its mocks refuse a definition, a mock or a role with these.
_REFUSALS = {"InvalidDefinition", "ValidationException", "InvalidArn", "InvalidExecutionInput"}
# The answer of a cloud that doesn't have the call.
_UNKNOWN_CALLS = {"UnknownOperationException", "UnknownOperation"}

Verdict = Literal["passed", "warning", "failed", "missing"]


@dataclass(frozen=True, kw_only=True)
class DefinitionCheck:
    """The answer of one call.

    Args:
        state: the state's name; None for the whole definition.
        verdict: "missing" if the cloud doesn't have the call.
        detail: the diagnostic or the error. Empty if the check passed.
    """

    call: str
    state: str | None = None
    verdict: Verdict
    detail: str = ""


def definition_checks(
    client: SFNClient, definition: Mapping[str, Any], *, sleep: Callable[[float], None] = time.sleep
) -> Iterator[DefinitionCheck]:
    """Check the whole definition, then each state at any depth, one a second: AWS allows no more.

    Raises any AWS error that says nothing about the definition, such as a denied call.
    """
    yield from _validate(client, json.dumps(definition))
    for number, state in enumerate(nested_states(definition)):
        if number:
            sleep(_TEST_STATE_SECONDS)
        check = _test_state(client, state)
        yield check
        if check.verdict == "missing":
            return


def _validate(client: SFNClient, definition: str) -> Iterator[DefinitionCheck]:
    """https://docs.aws.amazon.com/step-functions/latest/apireference/API_ValidateStateMachineDefinition.html"""
    try:
        answer = client.validate_state_machine_definition(definition=definition, type="STANDARD", severity="WARNING")
    except ClientError as error:
        yield _refusal(error, call=VALIDATE)
        return
    for diagnostic in answer["diagnostics"]:
        location = f" at {diagnostic['location']}" if diagnostic.get("location") else ""
        yield DefinitionCheck(
            call=VALIDATE,
            verdict="failed" if diagnostic["severity"] == "ERROR" else "warning",
            detail=f"{diagnostic['code']}: {diagnostic['message']}{location}",
        )
    if answer["result"] == "OK":
        yield DefinitionCheck(call=VALIDATE, verdict="passed")


def _test_state(client: SFNClient, state: NestedState) -> DefinitionCheck:
    """https://docs.aws.amazon.com/step-functions/latest/apireference/API_TestState.html"""
    try:
        answer = client.test_state(**_request(state))
    except ClientError as error:
        return _refusal(error, call=TEST_STATE, state=state.name)
    # A Fail state passes if it fails with its own error.
    own_error = state.state.get("Error") if state.state.get("Type") == "Fail" else None
    if answer["status"] == "SUCCEEDED" or (own_error is not None and answer.get("error") == own_error):
        return DefinitionCheck(call=TEST_STATE, state=state.name, verdict="passed")
    detail = f"{answer['status']}: {answer.get('error', 'no error')}: {answer.get('cause', 'no cause')}"
    return DefinitionCheck(call=TEST_STATE, state=state.name, verdict="failed", detail=detail)


def _request(state: NestedState) -> TestStateInputTypeDef:
    """The state alone, so that the request is the same at any depth of Maps.

    Without a mock, AWS takes no Context object; with one, it needs no role.
    """
    request: TestStateInputTypeDef = {
        "definition": json.dumps({**state.state, "QueryLanguage": state.language}),
        "input": json.dumps(state_input(state)),
        "variables": json.dumps(VARIABLES),
    }
    if (mocked := mock(state)) is not None:
        request["mock"] = mocked
        request["context"] = json.dumps(CONTEXT)
    return request


def _refusal(error: ClientError, *, call: str, state: str | None = None) -> DefinitionCheck:
    """What an error says about the definition. Raises it again if it says nothing about it."""
    code, message = error.response["Error"].get("Code", ""), error.response["Error"].get("Message", "")
    if code in _UNKNOWN_CALLS:
        return DefinitionCheck(call=call, verdict="missing", detail=message)
    if code in _REFUSALS:
        return DefinitionCheck(call=call, state=state, verdict="failed", detail=f"{code}: {message}")
    raise error
