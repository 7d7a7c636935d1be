"""How one child execution of a Map Run runs."""

import logging
import time
from dataclasses import dataclass, replace
from typing import Any

from local_cloud.step_functions.arn import MapRunArn
from local_cloud.step_functions.child import Child
from local_cloud.step_functions.children import Children
from local_cloud.step_functions.errors import RUNTIME, StateFailure, Stopped
from local_cloud.step_functions.history import History
from local_cloud.step_functions.map_fields import MapFields
from local_cloud.step_functions.progress import Progress
from local_cloud.step_functions.run import Run, RunChild
from local_cloud.step_functions.status import FAILED
from local_cloud.step_functions.stop import Stop
from local_cloud.step_functions.timestamp import timestamp

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class ChildRunner:
    """Runs children of one Map Run. `parent` is the run that the Map is a state of."""

    arn: MapRunArn
    fields: MapFields
    children: Children
    parent: Run
    run_child: RunChild

    def run(self, child: Child, stop: Stop) -> None:
        """Runs the child from its start, or from where it failed. Records how it ended, unless it was stopped."""
        history = History(keep=not self.fields.express)
        data = self.children.input(child)
        run = self._run_of(child, data, history, stop)
        progress = child.progress or Progress(self.fields.start_at, data)
        if not self.fields.express:
            child.progress = progress
            self.children.keep_history(child, history)
        if child.awaits_redrive:
            child.redrives += 1
            history.add("ExecutionRedriven", executionRedrivenEventDetails={"redriveCount": child.redrives})
        else:
            history.execution_started(data, run.context["Execution"]["RoleArn"])
        try:
            result = self.run_child(progress, run)
            stop.check()
            output = self.children.write_output(result)
            history.execution_succeeded(result)
        except StateFailure as failure:
            self._fail(child, stop, history, failure)
        except Stopped:
            return
        except Exception as error:
            logger.exception("A child of %s failed", self.arn)
            self._fail(child, stop, history, StateFailure(RUNTIME, repr(error)))
        else:
            with self.children.changed:
                if not stop.thrown:
                    self.children.succeed(child, output)

    def _fail(self, child: Child, stop: Stop, history: History, failure: StateFailure) -> None:
        history.execution_ended(FAILED, failure.error, failure.cause)
        with self.children.changed:
            if not stop.thrown:
                self.children.end(child, FAILED, failure.error, failure.cause)

    def _run_of(self, child: Child, data: Any, history: History, stop: Stop) -> Run:
        arn, machine = self.arn.child(child.name), self.arn.machine
        execution = {
            **self.parent.context["Execution"],
            "Id": arn,
            "Input": data,
            "Name": child.name,
            "StartTime": timestamp(child.started or time.time()),
            "RedriveCount": child.redrives,
        }
        context = {"Execution": execution, "StateMachine": {"Id": str(machine), "Name": machine.name}}
        return replace(self.parent, history=history, stop=stop, execution_arn=arn, context=context)
