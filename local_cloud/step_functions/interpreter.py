"""Runs states, one after another, until the last one.
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
    """Runs a sequence of states from where `progress` stands; returns its output. Raises StateFailure and Stopped."""
    while not progress.done:
        run.stop.check()
        name = progress.state
        next_state, output = _Visit(name, scope["States"][name], progress, run).complete()
        run.stop.check()
        if next_state is None:
            progress.finish(output)
        else:
            progress.enter(next_state, output)
    return progress.output


class _Visit:
    """One visit of a state: from its entry to its exit, through all its retries."""

    def __init__(self, name: str, state: dict[str, Any], progress: Progress, run: Run) -> None:
        self.name = name
        self.state = state
        self.progress = progress
        self.run = run
        self.entered = timestamp(time.time())

    def complete(self) -> tuple[str | None, Any]:
        """The next state's name, or None at the end, and the output."""
        kind, history = self.state["Type"], self.run.history
        history.state_entered(kind, self.name, self.progress.data)
        try:
            next_state, output, assigned = self._outcome(kind)
            payload.within_limit(output, f"The state '{self.name}'")
        except (StateFailure, Stopped):
            raise
        except Exception as error:
            raise StateFailure(RUNTIME, f"An error occurred in the state '{self.name}': {error!r}") from error
        self.run.stop.check()
        self.progress.variables.update(assigned)
        if kind != "Fail":
            history.state_exited(kind, self.name, output, assigned)
        return next_state, output

    def _outcome(self, kind: str) -> tuple[str | None, Any, dict[str, Any]]:
        if kind in {"Task", "Parallel", "Map"}:
            return self._outcome_with_retries()
        frame = self._frame()
        if kind == "Fail":
            raise StateFailure(
                str(self._value(self.state.get("Error", ""), frame, "Error")),
                str(self._value(self.state.get("Cause", ""), frame, "Cause")),
            )
        if kind == "Choice":
            rule, next_state = choice.choose(self.state, lambda condition: self._value(condition, frame, "Condition"))
            assigned, output = self._assign_and_output(rule, frame, self.progress.data)
            return next_state, output, assigned
        if kind == "Wait":
            self._wait(frame)
        assigned, output = self._assign_and_output(self.state, frame, self.progress.data)
        return self.state.get("Next"), output, assigned

    def _outcome_with_retries(self) -> tuple[str | None, Any, dict[str, Any]]:
        retries = Retries(self.state.get("Retry", []))
        while True:
            frame = self._frame(retries.count)
            try:
                result = payload.within_limit(self._result(frame), f"The state/task '{self.name}'")
                self.run.stop.check()
                assigned, output = self._assign_and_output(self.state, {**frame, "result": result}, result)
                return self.state.get("Next"), output, assigned
            except StateFailure as failure:
                self.run.stop.check()
                delay = retries.delay_seconds(failure)
                if delay is None:
                    return self._catch(failure, retries.count)
                self.progress.forget_inner()
                self.run.stop.wait(delay)

    def _catch(self, failure: StateFailure, retry_count: int) -> tuple[str | None, Any, dict[str, Any]]:
        for catcher in self.state.get("Catch", []):
            if matches(catcher["ErrorEquals"], failure.error):
                error_output = {"Error": failure.error, "Cause": failure.cause}
                frame = {**self._frame(retry_count), "errorOutput": error_output}
                assigned, output = self._assign_and_output(catcher, frame, error_output)
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
                    run=self.run,
                    frame=frame,
                    value=self._value,
                    run_states=run_states,
                ).result()

    def _task(self, frame: dict[str, Any]) -> Any:
        resource, history = self.state["Resource"], self.run.history
        arguments = self._value(self.state.get("Arguments", self.progress.data), frame, "Arguments")
        seconds = self._value(self.state.get("TimeoutSeconds"), frame, "TimeoutSeconds")
        history.task_scheduled(resource, arguments, self.run.machine.region)
        try:
            result = self.run.tasks.call(resource, arguments, self.run, seconds)
        except TimeoutError:
            failure = StateFailure(TIMEOUT, f"The state '{self.name}' ran longer than {seconds} seconds.")
        except StateFailure as error:
            failure = error
        else:
            self.run.stop.check()
            history.task_succeeded(resource, result)
            return result
        self.run.stop.check()
        history.task_failed(resource, failure.error, failure.cause)
        raise failure

    def _parallel(self, frame: dict[str, Any]) -> list[Any]:
        data = self._value(self.state.get("Arguments", self.progress.data), frame, "Arguments")
        self.run.history.add("ParallelStateStarted")
        inner, variables = self.progress.inner, self.progress.variables
        for index, branch in enumerate(self.state["Branches"]):
            inner.setdefault(index, Progress(branch["StartAt"], data, dict(variables)))
        jobs = [
            lambda stop, index=index, branch=branch: run_states(branch, inner[index], self.run.until(stop))
            for index, branch in enumerate(self.state["Branches"])
        ]
        try:
            results = run_together(jobs, len(jobs), self.run.stop)
        except StateFailure:
            self.run.history.add("ParallelStateFailed")
            raise
        self.run.history.add("ParallelStateSucceeded")
        return results

    def _wait(self, frame: dict[str, Any]) -> None:
        if "Seconds" in self.state:
            seconds = self._value(self.state["Seconds"], frame, "Seconds")
            if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds < 0:
                raise StateFailure(QUERY_EVALUATION_ERROR, f"Seconds is {seconds!r}, not a number of 0 or more.")
        else:
            until = self._value(self.state["Timestamp"], frame, "Timestamp")
            try:
                seconds = datetime.fromisoformat(until).timestamp() - time.time()
            except (TypeError, ValueError) as error:
                raise StateFailure(QUERY_EVALUATION_ERROR, f"Timestamp is {until!r}: {error}") from error
        self.run.stop.wait(max(0, seconds))

    def _assign_and_output(
        self, fields: dict[str, Any], frame: dict[str, Any], default: Any
    ) -> tuple[dict[str, Any], Any]:
        """Assign and Output of a state, a Choice rule or a catcher. Both read the variables from before the state."""
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
            self.run.history.evaluation_failed(self.name, failure.error, failure.cause)
            raise

    def _frame(self, retry_count: int = 0) -> dict[str, Any]:
        state: dict[str, Any] = {"EnteredTime": self.entered, "Name": self.name}
        if self.state["Type"] in {"Task", "Parallel", "Map"}:
            state["RetryCount"] = retry_count
        return {"input": self.progress.data, "context": {**self.run.context, "State": state}}
