"""A child execution of a Map Run."""

from dataclasses import dataclass, field
from typing import Any

from local_cloud.step_functions.history import History
from local_cloud.step_functions.progress import Progress
from local_cloud.step_functions.spool import Span
from local_cloud.step_functions.stop import Stop

PENDING, RUNNING, SUCCEEDED = "PENDING", "RUNNING", "SUCCEEDED"
FAILED, TIMED_OUT, ABORTED = "FAILED", "TIMED_OUT", "ABORTED"
UNSUCCESSFUL = frozenset({FAILED, TIMED_OUT, ABORTED})


@dataclass(slots=True)
class Child:
    """`items` is how many of the Map Run's items its input holds. Times are epoch seconds."""

    name: str
    items: int
    input: Span
    status: str = PENDING
    output: Span | None = None
    error: str | None = None
    cause: str | None = None
    started: float | None = None
    ended: float | None = None
    redrives: int = 0
    awaits_redrive: bool = False
    # What a redrive of a STANDARD child goes on from; nothing is kept of one that succeeded.
    progress: Progress | None = None
    history: History | None = None
    stop: Stop | None = None


@dataclass
class Counts:
    """How many children, and how many of their items, are in each status."""

    executions: dict[str, int] = field(default_factory=dict)
    items: dict[str, int] = field(default_factory=dict)
    pending_redrive_executions: int = 0
    pending_redrive_items: int = 0

    def move(self, child: Child, status: str) -> None:
        self.take(child)
        child.status = status
        self.put(child)

    def put(self, child: Child) -> None:
        self._add(child, 1)

    def take(self, child: Child) -> None:
        self._add(child, -1)

    def _add(self, child: Child, sign: int) -> None:
        self.executions[child.status] = self.executions.get(child.status, 0) + sign
        self.items[child.status] = self.items.get(child.status, 0) + sign * child.items
        if child.awaits_redrive and child.status == PENDING:
            self.pending_redrive_executions += sign
            self.pending_redrive_items += sign * child.items

    def failed_items(self) -> int:
        return sum(self.items.get(status, 0) for status in (FAILED, TIMED_OUT, ABORTED))

    def described(self, kind: str, written: int) -> dict[str, Any]:
        """`kind` is executions or items. DescribeMapRun's counts.
        https://docs.aws.amazon.com/step-functions/latest/apireference/API_MapRunItemCounts.html
        """
        counts = self.executions if kind == "executions" else self.items
        awaiting = self.pending_redrive_executions if kind == "executions" else self.pending_redrive_items
        return {
            "pending": counts.get(PENDING, 0) - awaiting,
            "running": counts.get(RUNNING, 0),
            "succeeded": counts.get(SUCCEEDED, 0),
            "failed": counts.get(FAILED, 0),
            "timedOut": counts.get(TIMED_OUT, 0),
            "aborted": counts.get(ABORTED, 0),
            "total": sum(counts.values()),
            "resultsWritten": written,
            "failuresNotRedrivable": 0,
            "pendingRedrive": awaiting,
        }
