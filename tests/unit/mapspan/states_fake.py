"""A Step Functions client that answers as it is told, and notes what it was asked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

STARTED = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
EXECUTION = "arn:aws:states:us-east-1:111111111111:execution:mapspan-local:night"
MAP_RUN = "arn:aws:states:us-east-1:111111111111:mapRun:mapspan-local/ProcessObjects:1"


def refused(code: str, message: str = "", status: int = 400) -> ClientError:
    answer: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "Operation")


def counts(**given: int) -> dict[str, int]:
    names = ("pending", "running", "succeeded", "failed", "timedOut", "aborted", "total", "pendingRedrive")
    return dict.fromkeys(names, 0) | given


class FakeStates:
    """Each call of DescribeExecution takes the next of `script`: a status, or an error to raise."""

    def __init__(self, script: Iterable[str | Exception]) -> None:
        self._script = iter(script)
        self.map_run: dict[str, Any] | None = None
        self.events: list[dict[str, Any]] = []
        self.children: dict[str, dict[str, Any]] = {}
        self.children_refused: Exception | None = None
        self.asked: list[str] = []

    def describe_execution(self, *, executionArn: str) -> dict[str, Any]:  # noqa: N803 - boto3's name
        self.asked.append("describe_execution")
        if executionArn in self.children:
            return self.children[executionArn]
        step = next(self._script)
        if isinstance(step, Exception):
            raise step
        answer = {"status": step, "startDate": STARTED, "name": "night", "input": "{}"}
        return answer if step == "RUNNING" else answer | {"stopDate": STARTED + timedelta(seconds=100)}

    def list_map_runs(self, **_: Any) -> dict[str, Any]:
        self.asked.append("list_map_runs")
        return {"mapRuns": [{"mapRunArn": MAP_RUN, "startDate": STARTED}] if self.map_run else []}

    def describe_map_run(self, **_: Any) -> dict[str, Any]:
        self.asked.append("describe_map_run")
        assert self.map_run is not None
        return {"mapRunArn": MAP_RUN, "startDate": STARTED, **self.map_run}

    def get_execution_history(self, **_: Any) -> dict[str, Any]:
        self.asked.append("get_execution_history")
        return {"events": self.events}

    def list_executions(self, *, statusFilter: str, maxResults: int, **_: Any) -> dict[str, Any]:  # noqa: N803 - likewise
        self.asked.append("list_executions")
        if self.children_refused:
            raise self.children_refused
        found = [arn for arn, child in self.children.items() if child["status"] == statusFilter]
        return {"executions": [{"executionArn": arn, "itemCount": 100} for arn in found[:maxResults]]}
