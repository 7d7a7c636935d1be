"""The machines, executions and Map Runs of the States server."""

import threading
from pathlib import Path

from local_cloud.step_functions.arn import execution_machine, machine_arn
from local_cloud.step_functions.child import Child
from local_cloud.step_functions.errors import ApiError
from local_cloud.step_functions.execution import Execution
from local_cloud.step_functions.machine import StateMachine
from local_cloud.step_functions.map_fields import MapFields
from local_cloud.step_functions.map_run import MapRun
from local_cloud.step_functions.run import Run


class Store:
    """Each kind by ARN. `scratch` is where Map Runs keep their children's inputs and outputs."""

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
        run.history.map_run("Started", mapRunArn=map_run.arn)
        return map_run

    def resume(self, arn: str, run: Run) -> MapRun:
        """A Map's Map Run again, in a redrive.

        Raises StateFailure where the role may not redrive its children, and Stopped.
        """
        map_run = self.map_runs[arn]
        map_run.resume(run)
        return map_run

    def machine(self, arn: str) -> StateMachine:
        """Raises InvalidArn and StateMachineDoesNotExist; a version's ARN gives its machine."""
        machine = self.machines.get(str(machine_arn(arn)))
        if machine is None:
            raise ApiError("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")
        return machine

    def execution(self, arn: str) -> Execution:
        """Raises InvalidArn and ExecutionDoesNotExist."""
        execution_machine(arn)
        execution = self.executions.get(arn)
        if execution is None:
            raise ApiError("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")
        return execution

    def map_run(self, arn: str) -> MapRun:
        """Raises InvalidArn and ResourceNotFound."""
        execution_machine(arn)
        map_run = self.map_runs.get(arn)
        if map_run is None:
            raise ApiError("ResourceNotFound", f"Resource not map_run: '{arn}'")
        return map_run

    def child(self, arn: str) -> tuple[MapRun, Child] | None:
        """The child execution that `arn` names, with its Map Run; None if it names none. Raises InvalidArn."""
        execution_machine(arn)
        label = arn.split(":")[6].rpartition("/")[2]
        name = arn.rpartition(":")[2]
        for map_run in list(self.map_runs.values()):
            if map_run.fields.label == label and (child := map_run.children.named(name)):
                return (map_run, child) if map_run.identity.child(name) == arn else None
        return None
