"""A Map Run: the run of a distributed Map.
https://docs.aws.amazon.com/step-functions/latest/dg/concepts-examine-map-run.html
"""

import time
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from local_cloud.step_functions import item_batcher, item_reader
from local_cloud.step_functions.child import Child
from local_cloud.step_functions.child_runner import ChildRunner
from local_cloud.step_functions.children import Children
from local_cloud.step_functions.data_flow import Item
from local_cloud.step_functions.dispatch import Dispatch
from local_cloud.step_functions.errors import StateFailure, Stopped
from local_cloud.step_functions.map_fields import MapFields
from local_cloud.step_functions.map_results import MapResults
from local_cloud.step_functions.reading import Reading
from local_cloud.step_functions.result_writer import NO_FILES, ResultWriter
from local_cloud.step_functions.run import Run, RunChild, Select
from local_cloud.step_functions.status import ABORTED, FAILED, PENDING, RUNNING, SUCCEEDED

# How soon a stop of the execution is noticed.
_WAKE_SECONDS = 0.2


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
        self._reading: Reading | None = None
        self._files = NO_FILES
        self._writer_tested = False
        self._result: Any = None

    def resume(self, run: Run) -> None:
        """A redrive of the execution: children that did not succeed wait to run again. Raises StateFailure and Stopped.

        If the execution was stopped, it first waits for the EXPRESS children that are still running.
        https://docs.aws.amazon.com/step-functions/latest/dg/redrive-map-run.html
        """
        with self.children.changed:
            while self.status == RUNNING:
                run.stop.check()
                self.children.changed.wait(_WAKE_SECONDS)
        self._run = run
        if self.status == SUCCEEDED:
            return
        run.role.require("states:RedriveExecution", self.identity.example_child())
        with self.children.changed:
            self.status, self.ended = RUNNING, None
            self.redrive_count += 1
            self.redriven = time.time()
            self.children.await_redrive()
        run.history.map_run("Redriven", mapRunArn=self.arn, redriveCount=self.redrive_count)

    def run(self, items: list[Item], select: Select, run_child: RunChild) -> Any:
        """The Map's result. Raises StateFailure and Stopped."""
        if self.status == SUCCEEDED:
            return self._result
        try:
            self._require_children()
            self._test_writer()
            result = self._finish(self._dispatch(run_child, self._read(items, select)).run())
        except StateFailure as failure:
            self._end(FAILED)
            self._run.history.map_run("Failed", error=failure.error, cause=failure.cause)
            raise
        except Stopped:
            self._end(ABORTED)
            raise
        self._result = result
        self._end(SUCCEEDED)
        self._run.history.map_run("Succeeded")
        return result

    def stop_child(self, child: Child, error: str | None, cause: str | None) -> float:
        """Aborts one STANDARD child; a finished one stays as it is. Returns when it ended."""
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

    def _test_writer(self) -> None:
        """Writes a manifest without files before any child starts: the role may write, or the Map fails here."""
        if not self._writer_tested and (writer := self._writer()):
            writer.test()
            self._writer_tested = True

    def _writer(self) -> ResultWriter | None:
        """None if the Map writes no files."""
        fields = self.fields.writer
        if not fields or "Resource" not in fields:
            return None
        return ResultWriter(fields, self.arn, self._run.role.client("s3"))

    def _read(self, items: list[Item], select: Select) -> Reading:
        """Starts to read the items, or reads those on that no earlier attempt has read.

        The items of the Map's input are there at once; those of an ItemReader are read while children run.
        """
        if self._reading and self._reading.finished:
            return self._reading
        selected = (select(index, item) for index, item in enumerate(self._items(items)))
        batches = item_batcher.inputs(selected, self.fields.batcher)
        reading = self._reading = Reading(islice(batches, len(self.children), None), self.children)
        if self.fields.reader is None:
            reading.run()
        else:
            reading.start()
        return reading

    def _items(self, items: list[Item]) -> Iterable[Item]:
        if self.fields.reader is None:
            return items
        return _as_items(item_reader.read(self.fields.reader, self._run.role.client("s3")))

    def _dispatch(self, run_child: RunChild, reading: Reading) -> Dispatch:
        runner = ChildRunner(
            arn=self.identity, fields=self.fields, children=self.children, parent=self._run, run_child=run_child
        )
        return Dispatch(
            arn=self.identity,
            fields=self.fields,
            limits=self.limits,
            children=self.children,
            reading=reading,
            parent=self._run,
            runner=runner,
        )

    def _finish(self, failure: StateFailure | None) -> Any:
        """The Map's result. A Map Run that fails writes the results of its children too, and then raises."""
        results, writer, written = MapResults(self.identity, self.children), self._writer(), None
        if writer and (self.children or not failure):
            written, self._files = results.write(writer, self._files, self._scratch)
        # What was gathered counts, with a ResultWriter or without one.
        ended = [child for child in self.children if child.status != PENDING]
        self.results_written = (len(ended), sum(child.items for child in ended))
        if failure:
            raise failure
        return written or results.value(self.fields.writer)

    def _end(self, status: str) -> None:
        with self.children.changed:
            if self.status == RUNNING:
                self.status, self.ended = status, time.time()
            self.children.changed.notify_all()


def _as_items(values: Iterable[Any]) -> Iterator[Item]:
    return ({"Value": value} for value in values)
