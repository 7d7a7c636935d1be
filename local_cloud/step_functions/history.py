"""The event history of an execution.
https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html
"""

import threading
import time
from typing import Any

from local_cloud.step_functions import payload
from local_cloud.step_functions.errors import TIMEOUT, EvaluationFailure
from local_cloud.step_functions.status import ABORTED, FAILED, TIMED_OUT
from local_cloud.step_functions.task_resource import is_function, resource_details


class History:
    """Events in order. With `keep=False` it stays empty: EXPRESS children have no history."""

    def __init__(self, *, keep: bool = True) -> None:
        self.events: list[dict[str, Any]] = []
        self._count = 0
        self._keep = keep
        self._lock = threading.Lock()

    def add(self, kind: str, **details: Any) -> int:
        """Returns the event's id.

        `details` is at most one field of a HistoryEvent, such as `executionStartedEventDetails={…}`.
        """
        with self._lock:
            previous, self._count = self._count, self._count + 1
            if self._keep:
                event = {"id": self._count, "previousEventId": previous, "timestamp": time.time(), "type": kind}
                self.events.append({**event, **details})
            return self._count

    def execution_started(self, data: Any, role_arn: str) -> None:
        details = {"input": payload.text(data), "inputDetails": {"truncated": False}, "roleArn": role_arn}
        self.add("ExecutionStarted", executionStartedEventDetails=details)

    def execution_succeeded(self, output: Any) -> None:
        details = {"output": payload.text(output), "outputDetails": {"truncated": False}}
        self.add("ExecutionSucceeded", executionSucceededEventDetails=details)

    def execution_ended(self, status: str, error: str | None, cause: str | None) -> None:
        """`status` is FAILED, TIMED_OUT or ABORTED."""
        name = {FAILED: "Failed", TIMED_OUT: "TimedOut", ABORTED: "Aborted"}[status]
        details = {f"execution{name}EventDetails": _failure(error, cause)}
        self.add(f"Execution{name}", **details)

    def state_entered(self, kind: str, name: str, data: Any) -> int:
        """Returns the event's id, which the causes of the state's failures name."""
        details = {"name": name, "input": payload.text(data), "inputDetails": {"truncated": False}}
        return self.add(f"{kind}StateEntered", stateEnteredEventDetails=details)

    def state_exited(self, kind: str, name: str, output: Any, assigned: dict[str, Any]) -> None:
        details = {"name": name, "output": payload.text(output), "outputDetails": {"truncated": False}}
        if assigned:
            details["assignedVariables"] = {key: payload.text(value) for key, value in assigned.items()}
        self.add(f"{kind}StateExited", stateExitedEventDetails=details)

    def evaluation_failed(self, state: str, failure: EvaluationFailure) -> None:
        details = {"state": state, **_failure(failure.error, failure.cause)}
        if failure.location is not None:
            details["location"] = failure.location
        self.add("EvaluationFailed", evaluationFailedEventDetails=details)

    def task_scheduled(self, resource: str, arguments: Any, region: str, seconds: float | None) -> None:
        """`seconds` is the Task's timeout. A function's ARN has events of its own kind, with an input."""
        limit: dict[str, Any] = {} if seconds is None else {"timeoutInSeconds": seconds}
        if is_function(resource):
            details = {"resource": resource, "input": payload.text(arguments), "inputDetails": {"truncated": False}}
            self.add("LambdaFunctionScheduled", lambdaFunctionScheduledEventDetails={**details, **limit})
            self.add("LambdaFunctionStarted")
            return
        details = {**resource_details(resource), "region": region, "parameters": payload.text(arguments), **limit}
        self.add("TaskScheduled", taskScheduledEventDetails=details)
        self.add("TaskStarted", taskStartedEventDetails=resource_details(resource))

    def task_succeeded(self, resource: str, output: Any) -> None:
        self._task_ended("Succeeded", resource, {"output": payload.text(output), "outputDetails": {"truncated": False}})

    def task_failed(self, resource: str, error: str, cause: str) -> None:
        self._task_ended("TimedOut" if error == TIMEOUT else "Failed", resource, _failure(error, cause))

    def _task_ended(self, event: str, resource: str, details: dict[str, Any]) -> None:
        if is_function(resource):
            self.add(f"LambdaFunction{event}", **{f"lambdaFunction{event}EventDetails": details})
        else:
            details = {**resource_details(resource), **details}
            self.add(f"Task{event}", **{f"task{event}EventDetails": details})

    def map_state_started(self, length: int) -> None:
        """`length` is how many items come from the state's input: 0 with an ItemReader."""
        self.add("MapStateStarted", mapStateStartedEventDetails={"length": length})

    def map_run(self, event: str, **details: Any) -> None:
        """`event` is Started, Succeeded, Failed or Redriven; a success has no details."""
        self.add(f"MapRun{event}", **({f"mapRun{event}EventDetails": details} if details else {}))

    def iteration(self, event: str, name: str, index: int) -> None:
        """`event` is Started, Succeeded, Failed or Aborted."""
        details = {f"mapIteration{event}EventDetails": {"name": name, "index": index}}
        self.add(f"MapIteration{event}", **details)


def _failure(error: str | None, cause: str | None) -> dict[str, str]:
    return {name: value for name, value in (("error", error), ("cause", cause)) if value is not None and value != ""}
