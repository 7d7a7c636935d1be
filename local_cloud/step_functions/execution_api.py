"""The actions on executions and Map Runs, children of Map Runs included.
https://docs.aws.amazon.com/step-functions/latest/apireference/API_Operations.html
"""

import json
import time
import uuid
from typing import Any

from local_cloud.step_functions import payload
from local_cloud.step_functions.authorization import Roles
from local_cloud.step_functions.caller import Caller
from local_cloud.step_functions.descriptions import described_child, described_map_run, listed_child, listed_map_run
from local_cloud.step_functions.errors import ApiError
from local_cloud.step_functions.execution import Execution
from local_cloud.step_functions.machine_api import NAME
from local_cloud.step_functions.page import page
from local_cloud.step_functions.run import Tasks
from local_cloud.step_functions.store import Store


class ExecutionApi:
    def __init__(self, store: Store, tasks: Tasks, roles: Roles) -> None:
        self._store = store
        self._tasks = tasks
        self._roles = roles

    def start_execution(self, asked: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        machine = self._store.machine(asked["stateMachineArn"])
        name, text = asked.get("name") or str(uuid.uuid4()), asked.get("input") or "{}"
        if not NAME.fullmatch(name):
            raise ApiError("InvalidName", f"Invalid Name: '{name}'")
        data = _parsed_input(text)
        with self._store.lock:
            present = self._store.executions.get(machine.arn.execution(name))
            if present is None:
                execution = Execution(machine, name, text, self._tasks, self._store)
                self._store.executions[execution.arn] = execution
            elif present.status == "RUNNING" and present.data == data:
                return {"executionArn": present.arn, "startDate": present.started}
            else:
                raise ApiError("ExecutionAlreadyExists", f"Execution Already Exists: '{present.arn}'")
        execution.start(self._roles.of(machine))
        return {"executionArn": execution.arn, "startDate": execution.started}

    def describe_execution(self, asked: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        if child := self._store.child(asked["executionArn"]):
            return described_child(*child)
        return self._store.execution(asked["executionArn"]).described()

    def list_executions(self, asked: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        if asked.get("mapRunArn"):
            map_run = self._store.map_run(asked["mapRunArn"])
            listed = [listed_child(map_run, child) for child in map_run.children if child.started]
        else:
            arn = str(self._store.machine(asked["stateMachineArn"]).arn)
            listed = [
                execution.listed()
                for execution in list(self._store.executions.values())
                if str(execution.machine.arn) == arn
            ]
        status, redriven = asked.get("statusFilter"), asked.get("redriveFilter")
        chosen = [
            execution
            for execution in listed
            if status in {None, execution["status"]}
            and (redriven is None or (redriven == "REDRIVEN") == (execution["redriveCount"] > 0))
        ]
        chosen.sort(key=lambda execution: execution["startDate"], reverse=True)
        return page("executions", chosen, asked)

    def stop_execution(self, asked: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        error, cause = asked.get("error"), asked.get("cause")
        if child := self._store.child(asked["executionArn"]):
            map_run, stopped = child
            return {"stopDate": map_run.stop_child(stopped, error, cause)}
        return {"stopDate": self._store.execution(asked["executionArn"]).stop(error, cause)}

    def redrive_execution(self, asked: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        if self._store.child(asked["executionArn"]):
            raise ApiError(
                "ExecutionNotRedrivable", "A child execution of a Map Run is redriven with its parent execution"
            )
        execution = self._store.execution(asked["executionArn"])
        execution.redrive(self._roles.of(execution.machine))
        return {"redriveDate": execution.redriven or time.time()}

    def get_execution_history(self, asked: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        if child := self._store.child(asked["executionArn"]):
            map_run, found = child
            if map_run.fields.express or not found.history:
                raise ApiError("ExecutionDoesNotExist", f"No history is kept of '{asked['executionArn']}'")
            events = list(found.history.events)
        else:
            events = list(self._store.execution(asked["executionArn"]).history.events)
        if asked.get("reverseOrder"):
            events.reverse()
        return page("events", events, asked)

    def list_map_runs(self, asked: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        if not self._store.child(asked["executionArn"]):
            self._store.execution(asked["executionArn"])
        runs = [
            listed_map_run(map_run)
            for map_run in list(self._store.map_runs.values())
            if map_run.execution_arn == asked["executionArn"]
        ]
        return page("mapRuns", runs, asked)

    def describe_map_run(self, asked: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        return described_map_run(self._store.map_run(asked["mapRunArn"]))

    def update_map_run(self, asked: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        self._store.map_run(asked["mapRunArn"]).update(asked)
        return {}


def _parsed_input(text: str) -> Any:
    if len(text.encode()) > payload.LIMIT_BYTES:
        raise ApiError(
            "ValidationException",
            "1 validation error detected: Value at 'input' failed to satisfy constraint:"
            f" Member must have length less than or equal to {payload.LIMIT_BYTES}",
        )
    try:
        return json.loads(text)
    except ValueError as error:
        raise ApiError("InvalidExecutionInput", f"Invalid State Machine Execution Input: '{error}'") from error
