"""The counts of a Map Run's children by status."""

from dataclasses import dataclass, field
from typing import Any

from local_cloud.step_functions.child import Child
from local_cloud.step_functions.status import ABORTED, FAILED, PENDING, RUNNING, SUCCEEDED, TIMED_OUT, UNSUCCESSFUL


@dataclass
class Counts:
    """How many children, and how many of their items, are in each status."""

    executions: dict[str, int] = field(default_factory=dict)
    items: dict[str, int] = field(default_factory=dict)
    pending_redrive_executions: int = 0
    pending_redrive_items: int = 0

    def move(self, child: Child, status: str) -> None:
        """Gives the child another status, and counts it there."""
        self.remove(child)
        child.status = status
        self.add(child)

    def add(self, child: Child) -> None:
        self._change(child, 1)

    def remove(self, child: Child) -> None:
        self._change(child, -1)

    def _change(self, child: Child, sign: int) -> None:
        self.executions[child.status] = self.executions.get(child.status, 0) + sign
        self.items[child.status] = self.items.get(child.status, 0) + sign * child.items
        if child.awaits_redrive and child.status == PENDING:
            self.pending_redrive_executions += sign
            self.pending_redrive_items += sign * child.items

    def failed_items(self) -> int:
        return sum(self.items.get(status, 0) for status in UNSUCCESSFUL)

    def total_items(self) -> int:
        return sum(self.items.values())

    def describe(self, kind: str, written: int) -> dict[str, Any]:
        """DescribeMapRun's counts. `kind` is executions or items.
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
