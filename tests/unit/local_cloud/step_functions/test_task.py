"""Integrations, with the role's clients faked."""

import io
import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import pytest

from local_cloud.step_functions.errors import StateFailure
from local_cloud.step_functions.invocations import CONCURRENT_INVOCATIONS
from local_cloud.step_functions.task import Integrations
from tests.fixtures.step_functions import Bench, FakeRole, client_error

INVOKE = "arn:aws:states:::lambda:invoke"


class FakeFunctions:
    """Lambda: answers with the payload of the call after `seconds`, or raises `error`."""

    meta = boto3.client("lambda", region_name="us-east-1").meta

    def __init__(self, seconds: float = 0, error: Exception | None = None, function_error: Any = None) -> None:
        self._seconds, self._error, self._function_error = seconds, error, function_error

    def invoke(self, **request: Any) -> dict[str, Any]:
        time.sleep(self._seconds)
        if self._error:
            raise self._error
        metadata = {"HTTPHeaders": {}, "HTTPStatusCode": 200, "RequestId": "r"}
        answer = {"StatusCode": 200, "Payload": io.BytesIO(request["Payload"]), "ResponseMetadata": metadata}
        if self._function_error is None:
            return answer
        body = json.dumps(self._function_error).encode()
        return {**answer, "FunctionError": "Unhandled", "Payload": io.BytesIO(body)}


class RoleWithFunctions(FakeRole):
    def __init__(self, functions: FakeFunctions) -> None:
        super().__init__()
        self._functions = functions

    def client(self, service: str) -> Any:
        assert service == "lambda"
        return self._functions


def invoking(scratch: Path, functions: FakeFunctions, arguments: dict[str, Any], **fields: Any) -> Bench:
    state = {"Type": "Task", "Resource": INVOKE, "Arguments": {"FunctionName": "f", **arguments}, "End": True, **fields}
    bench = Bench(scratch, {"Call": state}, role=RoleWithFunctions(functions))
    bench.tasks = Integrations()  # type: ignore[assignment] # the real ones, in the fake's place
    return bench


def test_the_result_of_an_invocation_has_the_fields_that_aws_returns(tmp_path: Path) -> None:
    result = invoking(tmp_path, FakeFunctions(), {"Payload": {"x": 1}}).run()
    assert (result["Payload"], result["StatusCode"], result["ExecutedVersion"]) == ({"x": 1}, 200, "$LATEST")


def test_an_invocation_without_a_payload_gets_an_empty_object(tmp_path: Path) -> None:
    assert invoking(tmp_path, FakeFunctions(), {}).run()["Payload"] == {}


@pytest.mark.parametrize(
    ("functions", "error"),
    [
        (FakeFunctions(error=client_error("TooManyRequestsException", "Invoke")), "Lambda.TooManyRequestsException"),
        (FakeFunctions(error=client_error("AccessDeniedException", "Invoke")), "Lambda.AWSLambdaException"),
        (FakeFunctions(function_error={"errorType": "Mine", "errorMessage": "x"}), "Mine"),
        (FakeFunctions(function_error={"errorMessage": "x"}), "Lambda.Unknown"),
    ],
)
def test_errors_have_the_names_that_a_retry_matches(tmp_path: Path, functions: FakeFunctions, error: str) -> None:
    with pytest.raises(StateFailure) as failed:
        invoking(tmp_path, functions, {}).run()
    assert failed.value.error == error


def test_an_unknown_integration_fails_with_its_name(tmp_path: Path) -> None:
    bench = invoking(tmp_path, FakeFunctions(), {}, Resource="arn:aws:states:::ecs:runTask")
    with pytest.raises(StateFailure, match="does not run the integration arn:aws:states:::ecs:runTask"):
        bench.run()


def test_waiting_for_a_turn_does_not_count_as_the_tasks_time(tmp_path: Path) -> None:
    count = 2 * CONCURRENT_INVOCATIONS
    benches = [invoking(tmp_path, FakeFunctions(0.6), {}, TimeoutSeconds=1) for _ in range(count)]
    with ThreadPoolExecutor(count) as pool:
        results = list(pool.map(Bench.run, benches))
    assert [result["StatusCode"] for result in results] == [200] * count
