"""Runs states, one after another, until the last one.
https://states-language.net/
"""

import time
import uuid
from typing import Any

from local_cloud.step_functions import payload
from local_cloud.step_functions.branches import run_together
from local_cloud.step_functions.data_flow import Context, DataFlow, Passed, is_json_path
from local_cloud.step_functions.errors import RUNTIME, TIMEOUT, StateFailure, Stopped, matches
from local_cloud.step_functions.integrations import CALLBACK, pattern
from local_cloud.step_functions.json_path.flow import JsonPathFlow
from local_cloud.step_functions.jsonata_flow import JsonataFlow
from local_cloud.step_functions.map_state import MapState
from local_cloud.step_functions.place import Place
from local_cloud.step_functions.progress import Progress
from local_cloud.step_functions.retry import Retries
from local_cloud.step_functions.run import Run
from local_cloud.step_functions.task_resource import label
from local_cloud.step_functions.timestamp import timestamp


def run_states(scope: dict[str, Any], progress: Progress, run: Run) -> Any:
    """Runs a sequence of states from where `progress` stands; returns its output. Raises StateFailure and Stopped.

    `scope` is normalized: see normal_form.py.
    """
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


def _flow(state: dict[str, Any], progress: Progress, run: Run, place: Place) -> DataFlow:
    if is_json_path(state):
        return JsonPathFlow(state, progress, place)
    return JsonataFlow(state, progress, run.history, place)


class _Visit:
    """One visit of a state: from its entry to its exit, through all its retries."""

    def __init__(self, name: str, state: dict[str, Any], progress: Progress, run: Run) -> None:
        """Its entry is the next event of the history."""
        self.name = name
        self.state = state
        self.kind: str = state["Type"]
        self.progress = progress
        self.run = run
        self.entered = timestamp(time.time())
        self.place = Place(name, run.history.state_entered(self.kind, name, progress.data))
        self.flow = _flow(state, progress, run, self.place)

    def complete(self) -> tuple[str | None, Any]:
        """The next state's name, or None at the end, and the output."""
        try:
            next_state, passed = self._outcome()
            payload.within_limit(passed.output, self.name)
        except (StateFailure, Stopped):
            raise
        except Exception as error:
            raise StateFailure(RUNTIME, self.place.cause(repr(error))) from error
        self.run.stop.check()
        self.progress.variables.update(passed.assigned)
        if self.kind != "Fail":
            self.run.history.state_exited(self.kind, self.name, passed.output, passed.assigned)
        return next_state, passed.output

    def _outcome(self) -> tuple[str | None, Passed]:
        if self.kind in {"Task", "Parallel", "Map"}:
            return self._outcome_with_retries()
        context = self._context()
        if self.kind == "Fail":
            raise StateFailure(*(str(self.flow.value(field, context) or "") for field in ("Error", "Cause")))
        if self.kind == "Choice":
            chosen = self.flow.choose(context)
            return chosen.next_state, self.flow.pass_on(context, chosen)
        if self.kind == "Wait":
            self.run.stop.wait(self.flow.wait_seconds(context))
        return self.state.get("Next"), self.flow.pass_on(context)

    def _outcome_with_retries(self) -> tuple[str | None, Passed]:
        retries = Retries(self.state.get("Retry", []), of_task=self.kind == "Task")
        while True:
            context = self._context(retries.count)
            try:
                result = self._result(context)
                self.run.stop.check()
                return self.state.get("Next"), self.flow.pass_result(result, context)
            except StateFailure as failure:
                self.run.stop.check()
                delay = retries.delay_seconds(failure)
                if delay is None:
                    return self._catch(failure, context)
                self.progress.forget_inner()
                self.run.stop.wait(delay)

    def _catch(self, failure: StateFailure, context: Context) -> tuple[str | None, Passed]:
        of_task = self.kind == "Task"
        for index, catcher in enumerate(self.state.get("Catch", [])):
            if matches(catcher["ErrorEquals"], failure.error, of_task=of_task):
                error_output = {"Error": failure.error, "Cause": failure.cause}
                return catcher["Next"], self.flow.pass_error(catcher, f"Catch[{index}]/", error_output, context)
        if not of_task:
            self.run.history.add(f"{self.kind}StateFailed")
        raise failure

    def _result(self, context: Context) -> Any:
        if self.kind == "Task":
            return self._task(context)
        if self.kind == "Parallel":
            return payload.within_limit(self._parallel(context), self.name)
        result = MapState(
            name=self.name,
            state=self.state,
            progress=self.progress,
            run=self.run,
            flow=self.flow,
            context=context,
            place=self.place,
            run_states=run_states,
        ).result()
        return payload.within_limit(result, self.name)

    def _task(self, context: Context) -> Any:
        resource, history = self.state["Resource"], self.run.history
        arguments = self.flow.arguments(context)
        seconds = self.flow.value("TimeoutSeconds", context)
        self.flow.value("HeartbeatSeconds", context)  # checked, and without effect: no Task here sends heartbeats
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

    def _parallel(self, context: Context) -> list[Any]:
        data = self.flow.arguments(context)
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

    def _context(self, retry_count: int = 0) -> Context:
        state: dict[str, Any] = {"EnteredTime": self.entered, "Name": self.name}
        if self.kind in {"Task", "Parallel", "Map"}:
            state["RetryCount"] = retry_count
        # Nothing here takes a token back, so the Task fails, but by its integration and not by a missing token.
        waits = pattern(self.state.get("Resource", "")) == CALLBACK
        task = {"Task": {"Token": str(uuid.uuid4())}} if waits else {}
        return {**self.run.context, "State": state, **task}
