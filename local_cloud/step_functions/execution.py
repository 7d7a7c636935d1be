"""An execution of a machine, on its own thread."""

import json
import logging
import threading
import time
from dataclasses import replace
from typing import Any

from local_cloud.step_functions import payload
from local_cloud.step_functions.errors import RUNTIME, TIMEOUT, ApiError, StateFailure, Stopped
from local_cloud.step_functions.history import History
from local_cloud.step_functions.interpreter import run_states
from local_cloud.step_functions.machine import StateMachine
from local_cloud.step_functions.progress import Progress
from local_cloud.step_functions.run import MapRuns, Role, Run, Tasks
from local_cloud.step_functions.status import ABORTED, FAILED, RUNNING, SUCCEEDED, TIMED_OUT, UNSUCCESSFUL
from local_cloud.step_functions.stop import Stop
from local_cloud.step_functions.timestamp import timestamp

logger = logging.getLogger(__name__)

# https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html
REDRIVABLE_SECONDS = 14 * 24 * 60 * 60
REDRIVES = 1000


class Execution:
    """It keeps the machine's definition and role as they were at its start. Times are in seconds since the epoch."""

    def __init__(self, machine: StateMachine, name: str, text: str, tasks: Tasks, map_runs: MapRuns) -> None:
        self.machine = replace(machine)
        self.name = name
        self.arn = machine.arn.execution(name)
        self.text = text
        self.data = json.loads(text)
        self.status = RUNNING
        self.started = time.time()
        self.ended: float | None = None
        self.output: Any = None
        self.error: str | None = None
        self.cause: str | None = None
        self.redrive_count = 0
        self.redriven: float | None = None
        self.history = History()
        self._progress = Progress(self.machine.definition["StartAt"], self.data)
        self._tasks, self._map_runs = tasks, map_runs
        self._stop = Stop()
        self._lock = threading.Lock()

    def start(self, role: Role) -> None:
        self.history.execution_started(self.data, self.machine.role_arn)
        self._launch(role)

    def redrive(self, role: Role) -> None:
        """Resumes where it failed. Raises ExecutionNotRedrivable."""
        with self._lock:
            if reason := self.not_redrivable():
                raise ApiError("ExecutionNotRedrivable", reason)
            self.status, self.ended, self.error, self.cause = RUNNING, None, None, None
            self.redrive_count += 1
            self.redriven = time.time()
        self.history.add("ExecutionRedriven", executionRedrivenEventDetails={"redriveCount": self.redrive_count})
        self._launch(role)

    def stop(self, error: str | None, cause: str | None) -> float:
        """Aborts a running execution and leaves a finished one as it is. Returns when it ended."""
        self._finish(self._stop, ABORTED, None, error, cause)
        return self.ended or time.time()

    def not_redrivable(self) -> str | None:
        """Why it can't be redriven, or None if it can."""
        if self.status not in UNSUCCESSFUL:
            return f"Execution is {self.status} and cannot be redriven"
        if time.time() - (self.ended or 0) > REDRIVABLE_SECONDS:
            return "Execution redrive time limit exceeded"
        if self.redrive_count >= REDRIVES:
            return "Execution redrive limit exceeded"
        return None

    def _launch(self, role: Role) -> None:
        stop = self._stop = Stop()
        run = Run(
            machine=self.machine.arn,
            role=role,
            tasks=self._tasks,
            map_runs=self._map_runs,
            history=self.history,
            stop=stop,
            execution_arn=self.arn,
            context=self._context(),
        )
        threading.Thread(target=self._run, args=(run,), name=self.name, daemon=True).start()

    def _context(self) -> dict[str, Any]:
        execution: dict[str, Any] = {
            "Id": self.arn,
            "Input": self.data,
            "Name": self.name,
            "RoleArn": self.machine.role_arn,
            "StartTime": timestamp(self.started),
            "RedriveCount": self.redrive_count,
        }
        if self.redriven:
            execution["RedriveTime"] = timestamp(self.redriven)
        return {
            "Execution": execution,
            "StateMachine": {"Id": str(self.machine.arn), "Name": self.machine.arn.name},
        }

    def _run(self, run: Run) -> None:
        seconds = self.machine.definition.get("TimeoutSeconds")
        timer = threading.Timer(seconds or 0, self._finish, (run.stop, TIMED_OUT, None, None, None))
        timer.daemon = True
        if seconds:
            timer.start()
        try:
            output = run_states(self.machine.definition, self._progress, run)
        except StateFailure as failure:
            self._finish(run.stop, FAILED, None, failure.error, failure.cause)
        except Stopped:
            pass  # what stopped it has recorded how it ended
        except Exception as error:
            logger.exception("%s failed", self.arn)
            self._finish(run.stop, FAILED, None, RUNTIME, repr(error))
        else:
            self._finish(run.stop, SUCCEEDED, output, None, None)
        finally:
            timer.cancel()

    def _finish(self, stop: Stop, status: str, output: Any, error: str | None, cause: str | None) -> None:
        with self._lock:
            if self.status != RUNNING or stop is not self._stop:
                return
            self.output, self.error, self.cause, self.ended = output, error, cause, time.time()
            if status == SUCCEEDED:
                self.history.execution_succeeded(output)
            else:
                # DescribeExecution shows no error of an execution that timed out, only the history does.
                self.history.execution_ended(status, TIMEOUT if status == TIMED_OUT else error, cause)
            self.status = status
        stop.throw()

    def describe(self) -> dict[str, Any]:
        """DescribeExecution's answer.
        https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeExecution.html
        """
        reason = self.not_redrivable()
        answer = {
            **self.list_entry(),
            "input": self.text,
            "inputDetails": {"included": True},
            "redriveStatus": "NOT_REDRIVABLE" if reason else "REDRIVABLE",
        }
        if reason:
            answer["redriveStatusReason"] = reason
        if self.status == SUCCEEDED:
            answer |= {"output": payload.text(self.output), "outputDetails": {"included": True}}
        for name, value in (("error", self.error), ("cause", self.cause)):
            if value:
                answer[name] = value
        return answer

    def list_entry(self) -> dict[str, Any]:
        """An entry of ListExecutions."""
        answer: dict[str, Any] = {
            "executionArn": self.arn,
            "stateMachineArn": str(self.machine.arn),
            "name": self.name,
            "status": self.status,
            "startDate": self.started,
            "redriveCount": self.redrive_count,
        }
        if self.ended:
            answer["stopDate"] = self.ended
        if self.redriven:
            answer["redriveDate"] = self.redriven
        return answer
