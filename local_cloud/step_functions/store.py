"""Everything the States server knows: machines, executions, Map Runs."""

import threading
from pathlib import Path
from typing import Any

from local_cloud.step_functions.arn import execution_machine, machine_arn
from local_cloud.step_functions.child import Child
from local_cloud.step_functions.errors import ApiError
from local_cloud.step_functions.execution import Execution
from local_cloud.step_functions.machine import StateMachine
from local_cloud.step_functions.map_fields import MapFields
from local_cloud.step_functions.map_run import MapRun
from local_cloud.step_functions.run import Run


class Store:
    """By ARN. `scratch` is where Map Runs keep their children's inputs and outputs."""

    def __init__(self, scratch: Path) -> None:
        self.lock = threading.RLock()
        self.machines: dict[str, StateMachine] = {}
        self.executions: dict[str, Execution] = {}
        self.map_runs: dict[str, MapRun] = {}
        self._scratch = scratch

    def start(self, fields: MapFields, run: Run) -> MapRun:
        """A Map's new Map Run."""
        map_run = MapRun(fields, run, self._scratch)
        self.map_runs[map_run.arn] = map_run
        run.history.map_run("Started", map_run.arn)
        return map_run

    def resume(self, arn: str, run: Run) -> MapRun:
        """A Map's Map Run again, in a redrive. Raises StateFailure where the role may not redrive its children."""
        map_run = self.map_runs[arn]
        map_run.resume(run)
        return map_run

    def machine(self, arn: str) -> StateMachine:
        """Raises InvalidArn and StateMachineDoesNotExist; a version's ARN finds its machine."""
        found = self.machines.get(str(machine_arn(arn)))
        if found is None:
            raise ApiError("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")
        return found

    def execution(self, arn: str) -> Execution:
        """Raises InvalidArn and ExecutionDoesNotExist."""
        execution_machine(arn)
        found = self.executions.get(arn)
        if found is None:
            raise ApiError("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")
        return found

    def map_run(self, arn: str) -> MapRun:
        """Raises InvalidArn and ResourceNotFound."""
        execution_machine(arn)
        found = self.map_runs.get(arn)
        if found is None:
            raise ApiError("ResourceNotFound", f"Resource not found: '{arn}'")
        return found

    def child(self, arn: str) -> tuple[MapRun, Child] | None:
        """The child execution `arn` names, if it names one."""
        execution_machine(arn)
        label = arn.split(":")[6].rpartition("/")[2]
        name = arn.rpartition(":")[2]
        for map_run in list(self.map_runs.values()):
            if map_run.fields.label == label and (found := map_run.child_named(name)):
                return (map_run, found) if map_run.child_arn(found) == arn else None
        return None


def described_map_run(map_run: MapRun) -> dict[str, Any]:
    """DescribeMapRun's answer.
    https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeMapRun.html
    """
    executions_written, items_written = map_run.results_written
    answer: dict[str, Any] = {
        "mapRunArn": map_run.arn,
        "executionArn": map_run.execution_arn,
        "status": map_run.status,
        "startDate": map_run.started,
        "maxConcurrency": map_run.max_concurrency,
        "toleratedFailurePercentage": map_run.tolerated_failure_percentage,
        "toleratedFailureCount": map_run.tolerated_failure_count,
        "itemCounts": map_run.counts.described("items", items_written),
        "executionCounts": map_run.counts.described("executions", executions_written),
        "redriveCount": map_run.redrive_count,
    }
    if map_run.ended:
        answer["stopDate"] = map_run.ended
    if map_run.redriven:
        answer["redriveDate"] = map_run.redriven
    return answer


def listed_map_run(map_run: MapRun) -> dict[str, Any]:
    """What ListMapRuns says of it."""
    answer: dict[str, Any] = {
        "executionArn": map_run.execution_arn,
        "mapRunArn": map_run.arn,
        "stateMachineArn": str(map_run.machine),
        "startDate": map_run.started,
    }
    if map_run.ended:
        answer["stopDate"] = map_run.ended
    return answer
