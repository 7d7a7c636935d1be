"""A Map Run: a distributed Map's children, dispatched by a bounded pool.
https://docs.aws.amazon.com/step-functions/latest/dg/concepts-examine-map-run.html
"""

import logging
import threading
import time
import uuid
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from local_cloud.step_functions import item_batcher, item_reader, result_writer
from local_cloud.step_functions.child import (
    ABORTED,
    FAILED,
    PENDING,
    RUNNING,
    SUCCEEDED,
    TIMED_OUT,
    UNSUCCESSFUL,
    Child,
    Counts,
)
from local_cloud.step_functions.child_record import record
from local_cloud.step_functions.errors import (
    EXCEED_TOLERATED_FAILURE_THRESHOLD,
    RUNTIME,
    TIMEOUT,
    StateFailure,
    Stopped,
)
from local_cloud.step_functions.history import History
from local_cloud.step_functions.invocations import CONCURRENT_INVOCATIONS
from local_cloud.step_functions.map_fields import MapFields
from local_cloud.step_functions.progress import Progress
from local_cloud.step_functions.run import Items, Run, RunChild, Select
from local_cloud.step_functions.spool import Spool
from local_cloud.step_functions.stop import Stop
from local_cloud.step_functions.timestamp import timestamp

logger = logging.getLogger(__name__)

# AWS runs up to 10,000 children at a time; a laptop has enough of fewer. Of those that invoke functions some
# more than functions run, so that one is ready whenever a function is done.
CHILDREN_AT_A_TIME = 64
INVOKING_CHILDREN_AT_A_TIME = CONCURRENT_INVOCATIONS * 3 // 2
# https://docs.aws.amazon.com/step-functions/latest/dg/choosing-workflow-type.html
EXPRESS_SECONDS = 300
# Histories kept of STANDARD children, the newest.
HISTORIES = 1000


class MapRun:
    """One run of a distributed Map. Its state is guarded by `_changed`, which every change notifies."""

    def __init__(self, fields: MapFields, run: Run, scratch: Path) -> None:
        self.fields = fields
        self.max_concurrency = fields.max_concurrency
        self.tolerated_failure_count = fields.tolerated_failure_count
        self.tolerated_failure_percentage = fields.tolerated_failure_percentage
        self.run_id = str(uuid.uuid4())
        self.arn = run.machine.map_run(fields.label, self.run_id)
        self.status = RUNNING
        self.started = time.time()
        self.ended: float | None = None
        self.redrive_count = 0
        self.redriven: float | None = None
        self.children: list[Child] = []
        self.counts = Counts()
        self.results_written = (0, 0)
        self.execution_arn = run.execution_arn
        self.machine = run.machine.labelled(fields.label)
        self._run = run
        self._scratch = scratch
        self._inputs, self._outputs = Spool(scratch), Spool(scratch)
        self._read = False
        self._result: Any = None
        self._by_name: dict[str, Child] = {}
        self._histories: deque[Child] = deque()
        self._running: dict[str, Child] = {}
        self._changed = threading.Condition()

    def resume(self, run: Run) -> None:
        """A redrive of the execution: children that did not succeed wait to run again."""
        self._run = run
        if self.status == SUCCEEDED:
            return
        run.role.require("states:RedriveExecution", self._example_child())
        with self._changed:
            self.status, self.ended = RUNNING, None
            self.redrive_count += 1
            self.redriven = time.time()
            for child in self.children:
                if child.status in UNSUCCESSFUL:
                    self.counts.take(child)
                    child.status, child.awaits_redrive = PENDING, True
                    child.error = child.cause = child.ended = None
                    self.counts.put(child)
        run.history.map_run("Redriven", self.arn, redriveCount=self.redrive_count)

    def run(self, items: Items, select: Select, run_child: RunChild) -> Any:
        """The Map's result. Raises StateFailure and Stopped."""
        if self.status == SUCCEEDED:
            return self._result
        role = self._run.role
        try:
            role.require("states:StartExecution", str(self._run.machine))
            role.require("states:DescribeExecution", self._example_child())
            if not self._read:
                self._read_items(items, select)
            exceeded = self._dispatch(run_child)
            result = self._written(exceeded)
        except StateFailure as failure:
            self._end(FAILED)
            self._run.history.map_run("Failed", self.arn, error=failure.error, cause=failure.cause)
            raise
        except Stopped:
            self.abort()
            raise
        self._result = result
        self._end(SUCCEEDED)
        self._run.history.map_run("Succeeded", self.arn)
        return result

    def abort(self) -> None:
        with self._changed:
            self._abort_running()
        self._end(ABORTED)

    def _end(self, status: str) -> None:
        with self._changed:
            if self.status == RUNNING:
                self.status, self.ended = status, time.time()
            self._changed.notify_all()

    def stop_child(self, child: Child, error: str | None, cause: str | None) -> float:
        """Aborts one child; a finished one stays as it is. Returns when it ended."""
        with self._changed:
            if child.status == RUNNING:
                self._finish(child, ABORTED, error, cause)
        return child.ended or time.time()

    def update(self, limits: dict[str, Any]) -> None:
        """UpdateMapRun: new limits, which hold at once."""
        with self._changed:
            self.max_concurrency = limits.get("maxConcurrency", self.max_concurrency)
            self.tolerated_failure_count = limits.get("toleratedFailureCount", self.tolerated_failure_count)
            self.tolerated_failure_percentage = limits.get(
                "toleratedFailurePercentage", self.tolerated_failure_percentage
            )
            self._changed.notify_all()

    def _read_items(self, items: Items, select: Select) -> None:
        self.children.clear()
        self.counts = Counts()
        self._inputs.clear()
        reader = self.fields.reader
        found: Iterable[dict[str, Any]]
        if reader is None:
            found = items()
        else:
            found = ({"Value": item} for item in item_reader.read(reader, self._run.role.client("s3")))
        chosen = (select(index, item) for index, item in enumerate(found))
        for data, count in item_batcher.inputs(chosen, self.fields.batcher):
            self._run.stop.check()
            child = Child(str(uuid.uuid4()), count, self._inputs.add(data))
            with self._changed:
                self.children.append(child)
                self.counts.put(child)
        self._read = True

    def _dispatch(self, run_child: RunChild) -> bool:
        """Runs what is pending; True when the failures exceed what is tolerated."""
        waiting = deque(child for child in self.children if child.status == PENDING)
        together = self._run.stop.child()
        pool = ThreadPoolExecutor(CHILDREN_AT_A_TIME, thread_name_prefix="child")
        try:
            with self._changed:
                while (waiting or self._running) and not self._exceeded():
                    self._run.stop.check()
                    while waiting and len(self._running) < self._limit():
                        child = waiting.popleft()
                        child.stop, child.started = together.child(), time.time()
                        self._running[child.name] = child
                        self.counts.move(child, RUNNING)
                        pool.submit(self._run_child, child, child.stop, run_child)
                    self._time_out_express()
                    self._changed.wait(0.2)  # also how soon a stop of the execution is noticed
                exceeded = self._exceeded()
                if exceeded and self._running:
                    self._run.role.require("states:StopExecution", self._example_child())
        finally:
            with self._changed:
                self._abort_running()
            together.throw()
            self._run.stop.forget(together)
            pool.shutdown(wait=False, cancel_futures=True)
        return exceeded

    def _limit(self) -> int:
        most = INVOKING_CHILDREN_AT_A_TIME if self.fields.invokes_functions else CHILDREN_AT_A_TIME
        return min(self.max_concurrency or most, most)

    def _exceeded(self) -> bool:
        """With no threshold set any failure is too many; else each that is set must hold. 0 is not set."""
        failed, total = self.counts.failed_items(), sum(self.counts.items.values())
        count, percentage = self.tolerated_failure_count, self.tolerated_failure_percentage
        if not count and not percentage:
            return failed > 0
        return bool(count and failed > count) or bool(percentage and failed * 100 > percentage * total)

    def _time_out_express(self) -> None:
        if not self.fields.express:
            return
        now = time.time()
        for child in list(self._running.values()):
            if now - (child.started or now) > EXPRESS_SECONDS:
                self._finish(child, TIMED_OUT, TIMEOUT, f"The execution ran longer than {EXPRESS_SECONDS} s.")

    def _abort_running(self) -> None:
        for child in list(self._running.values()):
            self._finish(child, ABORTED)

    def _finish(self, child: Child, status: str, error: str | None = None, cause: str | None = None) -> None:
        self._running.pop(child.name, None)
        if child.stop:
            child.stop.throw()
        child.error, child.cause, child.ended, child.stop = error, cause, time.time(), None
        self.counts.move(child, status)
        self._changed.notify_all()

    def _run_child(self, child: Child, stop: Stop, run_child: RunChild) -> None:
        history = History(keep=not self.fields.express)
        data = self._inputs.value(child.input)
        run = self._child_run(child, data, history, stop)
        progress = child.progress or Progress(self.fields.start_at, data)
        if not self.fields.express:
            child.progress = progress
            self._keep_history(child, history)
        if child.awaits_redrive:
            child.redrives += 1
            history.add("ExecutionRedriven", executionRedrivenEventDetails={"redriveCount": child.redrives})
        else:
            history.execution_started(data, run.context["Execution"]["RoleArn"])
        status, output, error, cause = SUCCEEDED, None, None, None
        try:
            result = run_child(progress, run)
            stop.check()
            output = self._outputs.add(result)
            history.execution_succeeded(result)
        except StateFailure as failure:
            status, error, cause = FAILED, failure.error, failure.cause
        except Stopped:
            return
        except Exception as raised:
            logger.exception("A child of %s failed", self.arn)
            status, error, cause = FAILED, RUNTIME, repr(raised)
        if status == FAILED:
            history.execution_ended(status, error, cause)
        with self._changed:
            if stop.thrown:
                return
            child.output = output
            if status == SUCCEEDED:
                child.progress = None
            self._finish(child, status, error, cause)

    def _keep_history(self, child: Child, history: History) -> None:
        with self._changed:
            child.history = history
            self._histories.append(child)
            if len(self._histories) > HISTORIES:
                self._histories.popleft().history = None

    def _child_run(self, child: Child, data: Any, history: History, stop: Stop) -> Run:
        machine = self._run.machine.labelled(self.fields.label)
        execution = {
            **self._run.context["Execution"],
            "Id": self.child_arn(child),
            "Input": data,
            "Name": child.name,
            "StartTime": timestamp(child.started or time.time()),
            "RedriveCount": child.redrives,
        }
        context = {"Execution": execution, "StateMachine": {"Id": str(machine), "Name": machine.name}}
        return replace(self._run, history=history, stop=stop, execution_arn=self.child_arn(child), context=context)

    def child_arn(self, child: Child) -> str:
        fields = self.fields
        return self._run.machine.child(fields.label, self.run_id, child.name, express=fields.express)

    def child_named(self, name: str) -> Child | None:
        with self._changed:
            if len(self._by_name) != len(self.children):
                self._by_name = {child.name: child for child in self.children}
        return self._by_name.get(name)

    def child_input(self, child: Child) -> str:
        return self._inputs.text(child.input)

    def child_output(self, child: Child) -> str | None:
        return self._outputs.text(child.output) if child.output else None

    def _example_child(self) -> str:
        # The permission is documented on the children's `execution` ARNs, for EXPRESS ones too.
        return self._run.machine.child(self.fields.label, self.run_id, self.run_id, express=False)

    def _written(self, exceeded: bool) -> Any:
        """The Map's result. A run that failed writes its results too, and then raises."""
        writer, written = self.fields.writer, None
        if writer and "Resource" in writer:
            s3 = self._run.role.client("s3")
            details = result_writer.write(writer, self.arn, self._records, s3, self._scratch)
            ended = [child for child in self.children if child.status != PENDING]
            self.results_written = (len(ended), sum(child.items for child in ended))
            written = {"MapRunArn": self.arn, "ResultWriterDetails": details}
        if exceeded:
            message = "The specified tolerated failure threshold was exceeded"
            raise StateFailure(EXCEED_TOLERATED_FAILURE_THRESHOLD, message)
        if written:
            return written
        if writer:
            transformation = writer.get("WriterConfig", {}).get("Transformation", "NONE")
            return list(result_writer.transformed(self._records(SUCCEEDED), transformation))
        return [
            self._outputs.value(child.output)
            if child.output
            else {"Status": child.status, "Error": child.error, "Cause": child.cause}
            for child in self.children
        ]

    def _records(self, file: str) -> Iterator[dict[str, Any]]:
        taken = UNSUCCESSFUL if file == FAILED else {file}
        return (
            record(child, self.child_arn(child), str(self.machine), self.child_input(child), self.child_output(child))
            for child in self.children
            if child.status in taken
        )
