"""Runs states, one after another, until one ends.
https://states-language.net/ with JSONata as https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
"""

import time
from datetime import datetime
from typing import Any

from local_cloud.step_functions import choice, payload
from local_cloud.step_functions.branches import run_together
from local_cloud.step_functions.errors import (
    QUERY_EVALUATION_ERROR,
    RUNTIME,
    TIMEOUT,
    StateFailure,
    Stopped,
    matches,
)
from local_cloud.step_functions.expression import evaluate
from local_cloud.step_functions.map_state import MapState
from local_cloud.step_functions.progress import Progress
from local_cloud.step_functions.retry import Retries
from local_cloud.step_functions.run import Run
from local_cloud.step_functions.timestamp import timestamp


def run_states(scope: dict[str, Any], progress: Progress, run: Run) -> Any:
    """The output of a sequence of states, from where `progress` stands. Raises StateFailure and Stopped."""
    while not progress.done:
        run.stop.check()
        name = progress.state
        follower, output = _Visit(name, scope["States"][name], progress, run).run()
        run.stop.check()
        if follower is None:
            progress.finish(output)
        else:
            progress.enter(follower, output)
    return progress.output


class _Visit:
    """One state, entered once."""

    def __init__(self, name: str, state: dict[str, Any], progress: Progress, run: Run) -> None:
        self.name = name
        self.state = state
        self.progress = progress
        self.run_ = run
        self.entered = timestamp(time.time())

    def run(self) -> tuple[str | None, Any]:
        """The next state's name, None at an end, and the output."""
        kind, history = self.state["Type"], self.run_.history
        history.state_entered(kind, self.name, self.progress.data)
        try:
            follower, output, assigned = self._outcome(kind)
            payload.within_limit(output, f"The state '{self.name}'")
        except (StateFailure, Stopped):
            raise
        except Exception as error:
            raise StateFailure(RUNTIME, f"An error occurred in the state '{self.name}': {error!r}") from error
        self.run_.stop.check()
        self.progress.variables.update(assigned)
        if kind != "Fail":
            history.state_exited(kind, self.name, output, assigned)
        return follower, output

    def _outcome(self, kind: str) -> tuple[str | None, Any, dict[str, Any]]:
        if kind in {"Task", "Parallel", "Map"}:
            return self._retried()
        frame = self._frame()
        if kind == "Fail":
            raise StateFailure(
                str(self._value(self.state.get("Error", ""), frame, "Error")),
                str(self._value(self.state.get("Cause", ""), frame, "Cause")),
            )
        if kind == "Choice":
            taken, follower = choice.taken(self.state, lambda condition: self._value(condition, frame, "Condition"))
            assigned, output = self._settled(taken, frame, self.progress.data)
            return follower, output, assigned
        if kind == "Wait":
            self._wait(frame)
        assigned, output = self._settled(self.state, frame, self.progress.data)
        return self.state.get("Next"), output, assigned

    def _retried(self) -> tuple[str | None, Any, dict[str, Any]]:
        retries = Retries(self.state.get("Retry", []))
        while True:
            frame = self._frame(retries.count)
            try:
                result = payload.within_limit(self._result(frame), f"The state/task '{self.name}'")
                self.run_.stop.check()
                assigned, output = self._settled(self.state, {**frame, "result": result}, result)
                return self.state.get("Next"), output, assigned
            except StateFailure as failure:
                self.run_.stop.check()
                delay = retries.delay_seconds(failure)
                if delay is None:
                    return self._caught(failure, retries.count)
                self.progress.forget_inner()
                self.run_.stop.wait(delay)

    def _caught(self, failure: StateFailure, retry_count: int) -> tuple[str | None, Any, dict[str, Any]]:
        for catcher in self.state.get("Catch", []):
            if matches(catcher["ErrorEquals"], failure.error):
                error_output = {"Error": failure.error, "Cause": failure.cause}
                frame = {**self._frame(retry_count), "errorOutput": error_output}
                assigned, output = self._settled(catcher, frame, error_output)
                return catcher["Next"], output, assigned
        raise failure

    def _result(self, frame: dict[str, Any]) -> Any:
        match self.state["Type"]:
            case "Task":
                return self._task(frame)
            case "Parallel":
                return self._parallel(frame)
            case _:
                return MapState(
                    name=self.name,
                    state=self.state,
                    progress=self.progress,
                    run=self.run_,
                    frame=frame,
                    value=self._value,
                    run_states=run_states,
                ).result()

    def _task(self, frame: dict[str, Any]) -> Any:
        resource, history = self.state["Resource"], self.run_.history
        arguments = self._value(self.state.get("Arguments", self.progress.data), frame, "Arguments")
        seconds = self._value(self.state.get("TimeoutSeconds"), frame, "TimeoutSeconds")
        history.task_scheduled(resource, arguments, self.run_.machine.region)
        try:
            result = self.run_.tasks.call(resource, arguments, self.run_, seconds)
        except TimeoutError:
            failure = StateFailure(TIMEOUT, f"The state '{self.name}' ran longer than {seconds} seconds.")
        except StateFailure as raised:
            failure = raised
        else:
            self.run_.stop.check()
            history.task_succeeded(resource, result)
            return result
        self.run_.stop.check()
        history.task_failed(resource, failure.error, failure.cause)
        raise failure

    def _parallel(self, frame: dict[str, Any]) -> list[Any]:
        data = self._value(self.state.get("Arguments", self.progress.data), frame, "Arguments")
        self.run_.history.add("ParallelStateStarted")
        inner, variables = self.progress.inner, self.progress.variables
        for index, branch in enumerate(self.state["Branches"]):
            inner.setdefault(index, Progress(branch["StartAt"], data, dict(variables)))
        jobs = [
            lambda stop, index=index, branch=branch: run_states(branch, inner[index], self.run_.until(stop))
            for index, branch in enumerate(self.state["Branches"])
        ]
        try:
            results = run_together(jobs, len(jobs), self.run_.stop)
        except StateFailure:
            self.run_.history.add("ParallelStateFailed")
            raise
        self.run_.history.add("ParallelStateSucceeded")
        return results

    def _wait(self, frame: dict[str, Any]) -> None:
        if "Seconds" in self.state:
            seconds = self._value(self.state["Seconds"], frame, "Seconds")
            if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds < 0:
                raise StateFailure(QUERY_EVALUATION_ERROR, f"Seconds is {seconds!r}, not a number from 0 up.")
        else:
            until = self._value(self.state["Timestamp"], frame, "Timestamp")
            try:
                seconds = datetime.fromisoformat(until).timestamp() - time.time()
            except (TypeError, ValueError) as error:
                raise StateFailure(QUERY_EVALUATION_ERROR, f"Timestamp is {until!r}: {error}") from error
        self.run_.stop.wait(max(0, seconds))

    def _settled(self, fields: dict[str, Any], frame: dict[str, Any], default: Any) -> tuple[dict[str, Any], Any]:
        """Assign and Output of a state, a Choice rule or a catcher: both read the variables from before it."""
        assigned = {
            variable: self._value(template, frame, f"Assign/{variable}")
            for variable, template in fields.get("Assign", {}).items()
        }
        output = self._value(fields["Output"], frame, "Output") if "Output" in fields else default
        return assigned, output

    def _value(self, template: Any, frame: dict[str, Any], field: str) -> Any:
        try:
            return evaluate(template, self.progress.variables, frame, field)
        except StateFailure as failure:
            self.run_.history.evaluation_failed(self.name, failure.error, failure.cause)
            raise

    def _frame(self, retry_count: int = 0) -> dict[str, Any]:
        state: dict[str, Any] = {"EnteredTime": self.entered, "Name": self.name}
        if self.state["Type"] in {"Task", "Parallel", "Map"}:
            state["RetryCount"] = retry_count
        return {"input": self.progress.data, "context": {**self.run_.context, "State": state}}
