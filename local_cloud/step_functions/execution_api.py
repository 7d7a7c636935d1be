"""The actions on executions and Map Runs, children of Map Runs included.
https://docs.aws.amazon.com/step-functions/latest/apireference/API_Operations.html
"""

import json
import time
import uuid
from typing import Any

from local_cloud.step_functions import descriptions
from local_cloud.step_functions.authorization import Roles
from local_cloud.step_functions.caller import Caller
from local_cloud.step_functions.errors import ApiError
from local_cloud.step_functions.execution import Execution
from local_cloud.step_functions.machine_api import NAME
from local_cloud.step_functions.page import page
from local_cloud.step_functions.run import Tasks
from local_cloud.step_functions.status import RUNNING
from local_cloud.step_functions.store import Store
from modules.asl.quotas import MAX_PAYLOAD_BYTES


class ExecutionApi:
    """A method for each action, with its name in snake case: a request in, an answer out."""

    def __init__(self, store: Store, tasks: Tasks, roles: Roles) -> None:
        self._store = store
        self._tasks = tasks
        self._roles = roles

    def start_execution(self, request: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        machine = self._store.machine(request["stateMachineArn"])
        name, text = request.get("name") or str(uuid.uuid4()), request.get("input") or "{}"
        if not NAME.fullmatch(name):
            raise ApiError("InvalidName", f"Invalid Name: '{name}'")
        data = _parse_input(text)
        with self._store.lock:
            existing = self._store.executions.get(machine.arn.execution(name))
            if existing is None:
                execution = Execution(machine, name, text, self._tasks, self._store)
                self._store.executions[execution.arn] = execution
            elif existing.status == RUNNING and existing.data == data:
                return {"executionArn": existing.arn, "startDate": existing.started}
            else:
                raise ApiError("ExecutionAlreadyExists", f"Execution Already Exists: '{existing.arn}'")
        execution.start(self._roles.of(machine))
        return {"executionArn": execution.arn, "startDate": execution.started}

    def describe_execution(self, request: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        if map_run_and_child := self._store.child(request["executionArn"]):
            return descriptions.describe_child(*map_run_and_child)
        return self._store.execution(request["executionArn"]).describe()

    def list_executions(self, request: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        if request.get("mapRunArn"):
            map_run = self._store.map_run(request["mapRunArn"])
            executions = [descriptions.child_entry(map_run, child) for child in map_run.children if child.started]
        else:
            arn = str(self._store.machine(request["stateMachineArn"]).arn)
            executions = [
                execution.list_entry()
                for execution in list(self._store.executions.values())
                if str(execution.machine.arn) == arn
            ]
        status, redrive = request.get("statusFilter"), request.get("redriveFilter")
        matching = [
            execution
            for execution in executions
            if status in {None, execution["status"]}
            and (redrive is None or (redrive == "REDRIVEN") == (execution["redriveCount"] > 0))
        ]
        matching.sort(key=lambda execution: execution["startDate"], reverse=True)
        return page("executions", matching, request)

    def stop_execution(self, request: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        error, cause = request.get("error"), request.get("cause")
        if map_run_and_child := self._store.child(request["executionArn"]):
            map_run, child = map_run_and_child
            if map_run.fields.express:
                raise _not_of_express(request["executionArn"])
            return {"stopDate": map_run.stop_child(child, error, cause)}
        return {"stopDate": self._store.execution(request["executionArn"]).stop(error, cause)}

    def redrive_execution(self, request: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        if self._store.child(request["executionArn"]):
            raise ApiError(
                "ExecutionNotRedrivable", "A child execution of a Map Run is redriven with its parent execution"
            )
        execution = self._store.execution(request["executionArn"])
        execution.redrive(self._roles.of(execution.machine))
        return {"redriveDate": execution.redriven or time.time()}

    def get_execution_history(self, request: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        if map_run_and_child := self._store.child(request["executionArn"]):
            map_run, child = map_run_and_child
            if map_run.fields.express:
                raise _not_of_express(request["executionArn"])
            if not child.history:
                raise ApiError("ExecutionDoesNotExist", f"No history is kept of '{request['executionArn']}'")
            events = list(child.history.events)
        else:
            events = list(self._store.execution(request["executionArn"]).history.events)
        if request.get("reverseOrder"):
            events.reverse()
        return page("events", events, request)

    def list_map_runs(self, request: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        if not self._store.child(request["executionArn"]):
            self._store.execution(request["executionArn"])
        runs = [
            descriptions.map_run_entry(map_run)
            for map_run in list(self._store.map_runs.values())
            if map_run.execution_arn == request["executionArn"]
        ]
        return page("mapRuns", runs, request)

    def describe_map_run(self, request: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        return descriptions.describe_map_run(self._store.map_run(request["mapRunArn"]))

    def update_map_run(self, request: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        self._store.map_run(request["mapRunArn"]).update(request)
        return {}


def _not_of_express(arn: str) -> ApiError:
    return ApiError("InvalidArn", f"Invalid Arn: 'Resource type not valid in this context: express': '{arn}'")


def _parse_input(text: str) -> Any:
    if len(text.encode()) > MAX_PAYLOAD_BYTES:
        raise ApiError(
            "ValidationException",
            "1 validation error detected: Value at 'input' failed to satisfy constraint:"
            f" Member must have length less than or equal to {MAX_PAYLOAD_BYTES}",
        )
    try:
        return json.loads(text)
    except ValueError as error:
        raise ApiError("InvalidExecutionInput", f"Invalid State Machine Execution Input: '{error}'") from error
