"""The child executions of a Map Run."""

import threading
import time
import uuid
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from local_cloud.step_functions.child import Child
from local_cloud.step_functions.counts import Counts
from local_cloud.step_functions.history import History
from local_cloud.step_functions.spool import Span, Spool
from local_cloud.step_functions.status import ABORTED, PENDING, RUNNING, SUCCEEDED, UNSUCCESSFUL
from local_cloud.step_functions.stop import Stop

# How many STANDARD children keep their history: the newest.
HISTORIES = 1000


class Children:
    """In the order of their items, with their inputs and outputs on disk.

    `changed` guards them. It is notified when a child is added and when one ends. `waiting` are those to start.
    """

    def __init__(self, scratch: Path) -> None:
        self.changed = threading.Condition()
        self.counts = Counts()
        self.waiting: deque[Child] = deque()
        self.running: dict[str, Child] = {}
        self._by_name: dict[str, Child] = {}
        self._inputs, self._outputs = Spool(scratch), Spool(scratch)
        self._histories: deque[Child] = deque()

    def __iter__(self) -> Iterator[Child]:
        return iter(list(self._by_name.values()))  # a copy: children are added while others are listed

    def __len__(self) -> int:
        return len(self._by_name)

    def named(self, name: str) -> Child | None:
        return self._by_name.get(name)

    def add(self, data: Any, items: int) -> None:
        """A new child. `items` is how many items its input `data` holds."""
        child = Child(str(uuid.uuid4()), items, self._inputs.add(data))
        with self.changed:
            self._by_name[child.name] = child
            self.counts.add(child)
            self.waiting.append(child)
            self.changed.notify_all()

    def start(self, child: Child, stop: Stop) -> None:
        with self.changed:
            child.stop, child.started = stop, time.time()
            self.running[child.name] = child
            self.counts.move(child, RUNNING)

    def succeed(self, child: Child, output: Span) -> None:
        with self.changed:
            child.output, child.progress = output, None
            self.end(child, SUCCEEDED)

    def end(self, child: Child, status: str, error: str | None = None, cause: str | None = None) -> None:
        with self.changed:
            self.running.pop(child.name, None)
            if child.stop:
                child.stop.throw()
            child.error, child.cause, child.ended, child.stop = error, cause, time.time(), None
            self.counts.move(child, status)
            self.changed.notify_all()

    def abort_running(self) -> None:
        with self.changed:
            for child in list(self.running.values()):
                self.end(child, ABORTED)

    def await_redrive(self) -> None:
        """Children that did not succeed wait to run again."""
        with self.changed:
            for child in self:
                if child.status in UNSUCCESSFUL:
                    self.counts.remove(child)
                    child.status, child.awaits_redrive = PENDING, True
                    child.error = child.cause = child.ended = None
                    self.counts.add(child)
            self.waiting = deque(child for child in self if child.status == PENDING)

    def keep_history(self, child: Child, history: History) -> None:
        with self.changed:
            child.history = history
            self._histories.append(child)
            if len(self._histories) > HISTORIES:
                self._histories.popleft().history = None

    def input(self, child: Child) -> Any:
        return self._inputs.value(child.input)

    def input_text(self, child: Child) -> str:
        return self._inputs.text(child.input)

    def write_output(self, output: Any) -> Span:
        return self._outputs.add(output)

    def output(self, span: Span) -> Any:
        return self._outputs.value(span)

    def output_text(self, child: Child) -> str | None:
        return self._outputs.text(child.output) if child.output else None
