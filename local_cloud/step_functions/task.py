"""Task: Lambda, any AWS API through boto3, and nested executions.
https://docs.aws.amazon.com/step-functions/latest/dg/integrate-services.html
"""

import json
import re
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import botocore.exceptions
import sfnx.integrations

from local_cloud.step_functions.errors import RUNTIME, TASK_FAILED, StateFailure
from local_cloud.step_functions.invocations import CONCURRENT_INVOCATIONS, invokes_function
from local_cloud.step_functions.run import Run

_invocations = threading.BoundedSemaphore(CONCURRENT_INVOCATIONS)
# How often a `.sync` Task looks at the execution it started.
_POLL_SECONDS = 0.1
_PATTERNS = frozenset({"", ".sync", ".sync:2"})
# Optimized integrations whose arguments and results are the API's own.
_LIKE_SDK = frozenset({"sqs", "sns", "dynamodb", "events"})


def call_within(seconds: float | None, call: Callable[[], Any]) -> Any:
    """The call's result; TimeoutError after `seconds`, the call going on unheard."""
    if seconds is None:
        return call()
    future: Future[Any] = Future()

    def answer() -> None:
        try:
            future.set_result(call())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=answer, daemon=True).start()
    return future.result(timeout=seconds)


class Integrations:
    """The integrations a Task can name, called as the run's role."""

    def call(self, resource: str, arguments: Any, run: Run, seconds: float | None) -> Any:
        if not invokes_function(resource):
            return call_within(seconds, lambda: self._call(resource, arguments, run))
        with _invocations:  # waiting for a turn is no part of the Task's time: on AWS there is no wait
            run.stop.check()
            return call_within(seconds, lambda: self._call(resource, arguments, run))

    def _call(self, resource: str, arguments: Any, run: Run) -> Any:
        parts = resource.split(":")
        if parts[2] == "lambda":
            return _invoke(run, resource, arguments)["Payload"]
        match parts[5:]:
            case ["lambda", "invoke"]:
                return _invoke(run, arguments["FunctionName"], arguments.get("Payload", {}), arguments)
            case ["states", *action] if (pattern := ":".join(action).removeprefix("startExecution")) in _PATTERNS:
                return _start_execution(run, arguments, pattern)
            case ["aws-sdk", service, action]:
                return _sdk(run, service, action, arguments)
            case [service, action] if service in _LIKE_SDK:
                return _sdk(run, service, action, arguments)
        raise StateFailure(RUNTIME, f"The local cloud does not run the integration {resource}.")


def _invoke(run: Run, function: str, event: Any, arguments: dict[str, Any] | None = None) -> dict[str, Any]:
    given = {"FunctionName", "InvocationType", "Qualifier", "ClientContext"}
    options = {name: value for name, value in (arguments or {}).items() if name in given - {"FunctionName"}}
    try:
        answer = run.role.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event).encode(), **options)
        body = answer["Payload"].read().decode()
    except botocore.exceptions.ClientError as error:
        raise _lambda_refusal(error) from error
    except botocore.exceptions.BotoCoreError as error:
        raise StateFailure("Lambda.SdkClientException", str(error)) from error
    if "FunctionError" in answer:
        try:
            error_type = json.loads(body).get("errorType") or "Lambda.Unknown"
        except (ValueError, AttributeError):
            error_type = "Lambda.Unknown"
        raise StateFailure(error_type, body)
    metadata = answer["ResponseMetadata"]
    return {
        "ExecutedVersion": answer.get("ExecutedVersion", "$LATEST"),
        "Payload": json.loads(body) if body else {},
        "SdkHttpMetadata": {
            "HttpHeaders": dict(metadata["HTTPHeaders"]),
            "HttpStatusCode": metadata["HTTPStatusCode"],
        },
        "SdkResponseMetadata": {"RequestId": metadata["RequestId"]},
        "StatusCode": answer["StatusCode"],
    }


def _lambda_refusal(error: botocore.exceptions.ClientError) -> StateFailure:
    code = error.response["Error"]["Code"]
    # AWS reports what Lambda doesn't model for Invoke, a denial among it, under the service's general error.
    modelled = re.fullmatch(r"\w+Exception", code) and code != "AccessDeniedException"
    name = code if modelled else "AWSLambdaException"
    return StateFailure(f"Lambda.{name}", _cause("Lambda", error))


def _cause(service: str, error: botocore.exceptions.ClientError) -> str:
    metadata = error.response["ResponseMetadata"]
    status, request = metadata.get("HTTPStatusCode"), metadata.get("RequestId")
    message = error.response["Error"].get("Message") or error.response["Error"]["Code"]
    return f"{message} (Service: {service}, Status Code: {status}, Request ID: {request})"


def _sdk(run: Run, service: str, action: str, arguments: Any) -> Any:
    client = run.role.client("stepfunctions" if service == "sfn" else service)
    operation = action[:1].upper() + action[1:]
    methods = {api: method for method, api in client.meta.method_to_api_mapping.items()}
    if operation not in methods:
        raise StateFailure(RUNTIME, f"{service} has no action {action}.")
    try:
        asked = _as_asked(arguments or {}, client.meta.service_model.operation_model(operation).input_shape)
        answer = getattr(client, methods[operation])(**asked)
    except botocore.exceptions.ClientError as error:
        name = _sdk_error(service, error.response["Error"]["Code"], client)
        raise StateFailure(name, _cause(service, error)) from error
    except botocore.exceptions.BotoCoreError as error:
        raise StateFailure(f"{service}.SdkClientException", str(error)) from error
    answer.pop("ResponseMetadata", None)
    return _json(answer)


def _as_asked(value: Any, shape: Any) -> Any:
    """Arguments as the API names them: Step Functions begins all of them with a capital, some APIs do not."""
    if isinstance(value, dict) and getattr(shape, "type_name", None) == "structure":
        known = {name[:1].upper() + name[1:]: name for name in shape.members}
        named = {known.get(name, name): inner for name, inner in value.items()}
        return {name: _as_asked(inner, shape.members.get(name)) for name, inner in named.items()}
    if isinstance(value, list) and getattr(shape, "type_name", None) == "list":
        return [_as_asked(inner, shape.member) for inner in value]
    return value


def _sdk_error(service: str, code: str, client: Any) -> str:
    """The error as the AWS SDK for Java names it, which is how Step Functions reports it."""
    for name in (code, f"{code}Exception"):
        try:
            return sfnx.integrations.sdk_error(service, name)
        except sfnx.integrations.ResourceError:
            continue
    own = sfnx.integrations.java_service_name(client.meta.service_model.service_id)
    return f"{own}.{own}Exception"


def _json(value: Any) -> Any:
    """An API's answer as JSON: its times as text, its streams read."""
    if isinstance(value, dict):
        return {key[:1].upper() + key[1:]: _json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_json(item) for item in value]
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "read"):
        return value.read().decode()
    return value.decode() if isinstance(value, bytes) else value


def _start_execution(run: Run, arguments: dict[str, Any], pattern: str) -> dict[str, Any]:
    client = run.role.client("stepfunctions")
    given = {**arguments}
    if "Input" in given:
        given["Input"] = json.dumps(given["Input"]) if not isinstance(given["Input"], str) else given["Input"]
    names = {"StateMachineArn": "stateMachineArn", "Input": "input", "Name": "name"}
    try:
        started = client.start_execution(**{names[name]: value for name, value in given.items()})
        if not pattern:
            return {"ExecutionArn": started["executionArn"], "StartDate": started["startDate"].isoformat()}
        while (found := client.describe_execution(executionArn=started["executionArn"]))["status"] == "RUNNING":
            run.stop.wait(_POLL_SECONDS)
    except botocore.exceptions.ClientError as error:
        code = error.response["Error"]["Code"].removesuffix("Exception")
        raise StateFailure(f"StepFunctions.{code}Exception", _cause("Sfn", error)) from error
    ended = {
        name[:1].upper() + name[1:]: value.isoformat() if hasattr(value, "isoformat") else value
        for name, value in found.items()
        if name != "ResponseMetadata"
    }
    if found["status"] != "SUCCEEDED":
        raise StateFailure(TASK_FAILED, json.dumps(ended))
    if pattern == ".sync:2":
        ended["Output"] = json.loads(ended["Output"])
    return ended
