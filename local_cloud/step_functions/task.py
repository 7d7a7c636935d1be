"""Task: Lambda, any AWS API through boto3, and nested executions.
https://docs.aws.amazon.com/step-functions/latest/dg/integrate-services.html
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from local_cloud.step_functions import payload
from local_cloud.step_functions.errors import RUNTIME, StateFailure
from local_cloud.step_functions.invocations import CONCURRENT_INVOCATIONS, invokes_function
from local_cloud.step_functions.lambda_integration import event_text, invoke
from local_cloud.step_functions.nested_execution import PATTERNS, start_execution
from local_cloud.step_functions.run import Run
from local_cloud.step_functions.sdk_integration import call_optimized, call_sdk

_invocations = threading.BoundedSemaphore(CONCURRENT_INVOCATIONS)
# Optimized integrations whose arguments and results are the API's own.
_LIKE_SDK = frozenset({"sqs", "sns", "dynamodb", "events"})


def call_within(seconds: float | None, call: Callable[[], Any]) -> Any:
    """The call's result. Raises TimeoutError after `seconds`; the call then goes on, and its result is dropped."""
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
    """The integrations that a Task can name, called as the run's role."""

    def call(self, resource: str, arguments: Any, run: Run, seconds: float | None) -> Any:
        if not invokes_function(resource):
            return call_within(seconds, lambda: self._call(resource, arguments, run))
        with _invocations:  # waiting for a turn doesn't count as the Task's time: on AWS nothing waits
            run.stop.check()
            return call_within(seconds, lambda: self._call(resource, arguments, run))

    def _call(self, resource: str, arguments: Any, run: Run) -> Any:
        parts = resource.split(":")
        if parts[2] == "lambda":
            return invoke(run, resource, payload.text(arguments))["Payload"]
        match parts[5:]:
            case ["lambda", "invoke"]:
                return invoke(run, arguments["FunctionName"], event_text(arguments.get("Payload")), arguments)
            case ["states", *action] if (pattern := ":".join(action).removeprefix("startExecution")) in PATTERNS:
                return start_execution(run, arguments, pattern)
            case ["aws-sdk", service, action]:
                return call_sdk(run, service, action, arguments)
            case [service, action] if service in _LIKE_SDK:
                return call_optimized(run, service, action, arguments)
        raise StateFailure(RUNTIME, f"The local cloud does not run the integration {resource}.")
