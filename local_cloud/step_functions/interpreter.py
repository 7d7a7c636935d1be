"""Runs states, one after another, until the last one.
https://states-language.net/ with JSONata as https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
"""

import time
from typing import Any

from local_cloud.step_functions import choice, payload
from local_cloud.step_functions.branches import run_together
from local_cloud.step_functions.errors import RUNTIME, TIMEOUT, EvaluationFailure, StateFailure, Stopped, matches
from local_cloud.step_functions.expression import evaluate, json_type, unexpected_type
from local_cloud.step_functions.map_state import MapState
from local_cloud.step_functions.progress import Progress
from local_cloud.step_functions.retry import Retries
from local_cloud.step_functions.run import Run
from local_cloud.step_functions.task_resource import label
from local_cloud.step_functions.timestamp import parse_timestamp, timestamp


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
        self.entered_event = 0

    def complete(self) -> tuple[str | None, Any]:
        """The next state's name, or None at the end, and the output."""
        kind, history = self.state["Type"], self.run.history
        self.entered_event = history.state_entered(kind, self.name, self.progress.data)
        try:
            next_state, output, assigned = self._outcome(kind)
            payload.within_limit(output, self.name)
        except (StateFailure, Stopped):
            raise
        except Exception as error:
            raise StateFailure(RUNTIME, self._cause(repr(error))) from error
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
            rule, where, next_state = choice.choose(
                self.state, lambda condition, field: bool(self._value(condition, frame, field, "boolean"))
            )
            assigned, output = self._assign_and_output(rule, frame, self.progress.data, where)
            return next_state, output, assigned
        if kind == "Wait":
            self._wait(frame)
        assigned, output = self._assign_and_output(self.state, frame, self.progress.data)
        return self.state.get("Next"), output, assigned

    def _outcome_with_retries(self) -> tuple[str | None, Any, dict[str, Any]]:
        retries = Retries(self.state.get("Retry", []), of_task=self.state["Type"] == "Task")
        while True:
            frame = self._frame(retries.count)
            try:
                result = self._result(frame)
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
        of_task = self.state["Type"] == "Task"
        for index, catcher in enumerate(self.state.get("Catch", [])):
            if matches(catcher["ErrorEquals"], failure.error, of_task=of_task):
                error_output = {"Error": failure.error, "Cause": failure.cause}
                frame = {**self._frame(retry_count), "errorOutput": error_output}
                assigned, output = self._assign_and_output(catcher, frame, error_output, f"Catch[{index}]/")
                return catcher["Next"], output, assigned
        if not of_task:
            self.run.history.add(f"{self.state['Type']}StateFailed")
        raise failure

    def _result(self, frame: dict[str, Any]) -> Any:
        match self.state["Type"]:
            case "Task":
                return self._task(frame)
            case "Parallel":
                return payload.within_limit(self._parallel(frame), self.name)
            case _:
                result = MapState(
                    name=self.name,
                    state=self.state,
                    progress=self.progress,
                    run=self.run,
                    frame=frame,
                    value=self._value,
                    failure=self._evaluation_failure,
                    cause=self._cause,
                    run_states=run_states,
                ).result()
                return payload.within_limit(result, self.name)

    def _task(self, frame: dict[str, Any]) -> Any:
        resource, history = self.state["Resource"], self.run.history
        arguments = self._arguments(frame)
        seconds = self._value(self.state.get("TimeoutSeconds"), frame, "TimeoutSeconds")
        history.task_scheduled(resource, arguments, self.run.machine.region, seconds)
        try:
            result = payload.within_limit(self.run.tasks.call(resource, arguments, self.run, seconds), label(resource))
        except TimeoutError:
            failure = StateFailure(TIMEOUT)  # AWS gives no cause
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
        data = self._arguments(frame)
        self.run.history.add("ParallelStateStarted")
        inner, variables = self.progress.inner, self.progress.variables
        for index, branch in enumerate(self.state["Branches"]):
            inner.setdefault(index, Progress(branch["StartAt"], data, dict(variables)))
        jobs = [
            lambda stop, index=index, branch=branch: run_states(branch, inner[index], self.run.until(stop))
            for index, branch in enumerate(self.state["Branches"])
        ]
        results = run_together(jobs, len(jobs), self.run.stop)
        self.run.history.add("ParallelStateSucceeded")
        return results

    def _arguments(self, frame: dict[str, Any]) -> Any:
        """The Arguments, or else the input, which is data: expressions in it stay text."""
        return self._value(self.state["Arguments"], frame, "Arguments") if "Arguments" in self.state else frame["input"]

    def _wait(self, frame: dict[str, Any]) -> None:
        if "Seconds" in self.state:
            seconds = self._value(self.state["Seconds"], frame, "Seconds", "number")
            if seconds < 0 or seconds != int(seconds):
                cause = f"The Seconds field must be a whole number of 0 or more, but was: {seconds}"
                raise self._evaluation_failure(cause, "Seconds")
        else:
            until = self._value(self.state["Timestamp"], frame, "Timestamp", "string")
            moment = parse_timestamp(until)
            if moment is None:
                cause = (
                    "The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string:"
                    f" {until}"
                )
                raise self._evaluation_failure(cause, "Timestamp")
            seconds = moment - time.time()
        self.run.stop.wait(max(0, seconds))

    def _assign_and_output(
        self, fields: dict[str, Any], frame: dict[str, Any], default: Any, where: str = ""
    ) -> tuple[dict[str, Any], Any]:
        """Assign and Output of a state, a Choice rule or a catcher. Both read the variables from before the state.

        `where` is the rule's or the catcher's path within the state, such as `Catch[0]/`.
        """
        assigned = self._value(fields.get("Assign", {}), frame, f"{where}Assign")
        output = self._value(fields["Output"], frame, f"{where}Output") if "Output" in fields else default
        return assigned, output

    def _value(self, template: Any, frame: dict[str, Any], field: str, expected: str | None = None) -> Any:
        """A field's value. Raises StateFailure, also if it hasn't the JSON type that is `expected`."""
        try:
            value = evaluate(template, self.progress.variables, frame, field)
        except EvaluationFailure as failure:
            raise self._evaluation_failure(failure.cause, failure.location) from failure
        if expected is not None and json_type(value) != expected:
            raise self._evaluation_failure(unexpected_type(value, expected, template, field), field)
        return value

    def _evaluation_failure(self, cause: str, location: str | None) -> EvaluationFailure:
        """The failure, with its event in the history."""
        failure = EvaluationFailure(self._cause(cause), location)
        self.run.history.evaluation_failed(self.name, failure)
        return failure

    def _cause(self, cause: str) -> str:
        """The cause as AWS words it: with the state, and the event of its entry."""
        where = f"'{self.name}' (entered at the event id #{self.entered_event})"
        return f"An error occurred while executing the state {where}. {cause}"

    def _frame(self, retry_count: int = 0) -> dict[str, Any]:
        state: dict[str, Any] = {"EnteredTime": self.entered, "Name": self.name}
        if self.state["Type"] in {"Task", "Parallel", "Map"}:
            state["RetryCount"] = retry_count
        return {"input": self.progress.data, "context": {**self.run.context, "State": state}}
