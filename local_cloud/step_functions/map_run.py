"""A Map Run: the run of a distributed Map.
https://docs.aws.amazon.com/step-functions/latest/dg/concepts-examine-map-run.html
"""

import time
import uuid
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from local_cloud.step_functions import item_batcher, item_reader
from local_cloud.step_functions.child import Child
from local_cloud.step_functions.child_runner import ChildRunner
from local_cloud.step_functions.children import Children
from local_cloud.step_functions.dispatch import Dispatch
from local_cloud.step_functions.errors import EXCEED_TOLERATED_FAILURE_THRESHOLD, StateFailure, Stopped
from local_cloud.step_functions.map_fields import MapFields
from local_cloud.step_functions.map_results import MapResults
from local_cloud.step_functions.run import Items, Run, RunChild, Select
from local_cloud.step_functions.status import ABORTED, FAILED, PENDING, RUNNING, SUCCEEDED


class MapRun:
    """What a Map Run is, and how far it is. Times are in seconds since the epoch.

    `results_written` are numbers of child executions and of items. `children.changed` guards the status.
    """

    def __init__(self, fields: MapFields, run: Run, scratch: Path) -> None:
        self.fields = fields
        self.limits = replace(fields.limits)
        self.identity = run.machine.map_run(fields.label, str(uuid.uuid4()), express=fields.express)
        self.arn = str(self.identity)
        self.execution_arn = run.execution_arn
        self.status = RUNNING
        self.started = time.time()
        self.ended: float | None = None
        self.redrive_count = 0
        self.redriven: float | None = None
        self.children = Children(scratch)
        self.results_written = (0, 0)
        self._run = run
        self._scratch = scratch
        self._items_read = False
        self._result: Any = None

    def resume(self, run: Run) -> None:
        """A redrive of the execution: children that did not succeed wait to run again. Raises StateFailure."""
        self._run = run
        if self.status == SUCCEEDED:
            return
        run.role.require("states:RedriveExecution", self.identity.example_child())
        with self.children.changed:
            self.status, self.ended = RUNNING, None
            self.redrive_count += 1
            self.redriven = time.time()
            self.children.await_redrive()
        run.history.map_run("Redriven", self.arn, redriveCount=self.redrive_count)

    def run(self, items: Items, select: Select, run_child: RunChild) -> Any:
        """The Map's result. Raises StateFailure and Stopped."""
        if self.status == SUCCEEDED:
            return self._result
        try:
            self._require_children()
            if not self._items_read:
                self._read_items(items, select)
            result = self._finish(exceeded=self._dispatch(run_child).run())
        except StateFailure as failure:
            self._end(FAILED)
            self._run.history.map_run("Failed", self.arn, error=failure.error, cause=failure.cause)
            raise
        except Stopped:
            self.children.abort_running()
            self._end(ABORTED)
            raise
        self._result = result
        self._end(SUCCEEDED)
        self._run.history.map_run("Succeeded", self.arn)
        return result

    def stop_child(self, child: Child, error: str | None, cause: str | None) -> float:
        """Aborts one child; a finished one stays as it is. Returns when it ended."""
        with self.children.changed:
            if child.status == RUNNING:
                self.children.end(child, ABORTED, error, cause)
        return child.ended or time.time()

    def update(self, request: dict[str, Any]) -> None:
        """UpdateMapRun: new limits, which hold at once."""
        with self.children.changed:
            self.limits.update(request)
            self.children.changed.notify_all()

    def _require_children(self) -> None:
        role = self._run.role
        role.require("states:StartExecution", str(self._run.machine))
        role.require("states:DescribeExecution", self.identity.example_child())

    def _read_items(self, items: Items, select: Select) -> None:
        self.children.clear()
        reader = self.fields.reader
        source: Iterable[dict[str, Any]]
        if reader is None:
            source = items()
        else:
            source = ({"Value": item} for item in item_reader.read(reader, self._run.role.client("s3")))
        selected = (select(index, item) for index, item in enumerate(source))
        for data, count in item_batcher.inputs(selected, self.fields.batcher):
            self._run.stop.check()
            self.children.add(data, count)
        self._items_read = True

    def _dispatch(self, run_child: RunChild) -> Dispatch:
        runner = ChildRunner(
            arn=self.identity, fields=self.fields, children=self.children, parent=self._run, run_child=run_child
        )
        return Dispatch(
            arn=self.identity,
            fields=self.fields,
            limits=self.limits,
            children=self.children,
            parent=self._run,
            runner=runner,
        )

    def _finish(self, *, exceeded: bool) -> Any:
        """The Map's result. A Map Run over its threshold writes its results too, and then raises."""
        results, writer, written = MapResults(self.identity, self.children), self.fields.writer, None
        if writer and "Resource" in writer:
            written = results.write(writer, self._run.role.client("s3"), self._scratch)
            ended = [child for child in self.children if child.status != PENDING]
            self.results_written = (len(ended), sum(child.items for child in ended))
        if exceeded:
            message = "The specified tolerated failure threshold was exceeded"
            raise StateFailure(EXCEED_TOLERATED_FAILURE_THRESHOLD, message)
        return written or results.value(writer)

    def _end(self, status: str) -> None:
        with self.children.changed:
            if self.status == RUNNING:
                self.status, self.ended = status, time.time()
            self.children.changed.notify_all()
