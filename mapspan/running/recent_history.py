"""The newest events of an execution: they show how far its listing is, and its summary."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from modules.pipeline.workflow.names import LIST_OBJECTS, SUMMARIZE_RUN

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

# More events than one turn of the listing loop has, its retries included.
_EVENTS = 100


class RecentHistory:
    """Events, newest first.

    https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html
    """

    def __init__(self, events: Sequence[Mapping[str, Any]]) -> None:
        self._events = events

    @classmethod
    def read(cls, client: SFNClient, execution_arn: str) -> RecentHistory:
        """The newest 100 events of the execution."""
        answer = client.get_execution_history(executionArn=execution_arn, reverseOrder=True, maxResults=_EVENTS)
        return cls(answer["events"])

    @property
    def has_listing(self) -> bool:
        """Whether the lister was started; a run over a key list, an inventory or a replica never starts it."""
        return any(event.get("stateEnteredEventDetails", {}).get("name") == LIST_OBJECTS for event in self._events)

    @property
    def adds_up(self) -> bool:
        """Whether SummarizeRun was started."""
        return any(event.get("stateEnteredEventDetails", {}).get("name") == SUMMARIZE_RUN for event in self._events)

    @property
    def listed(self) -> int | None:
        """Keys listed by all finished invocations of the lister; None before the first has finished."""
        output = self._output(LIST_OBJECTS)
        return None if output is None else int(output["listed"])

    @property
    def summary(self) -> Mapping[str, Any]:
        """The last output of SummarizeRun: `ledger`, `failures`, `skips`, `retry`; empty if it did not finish."""
        output = self._output(SUMMARIZE_RUN)
        return output if output is not None and output["checkpoint"] is None else {}

    @property
    def retried_error(self) -> str | None:
        """The error of the Task that is being retried; None if no Task is."""
        for event in self._events:
            kind: str = event["type"]
            if kind in ("TaskSucceeded", "TaskStateEntered"):
                return None
            if kind in ("TaskFailed", "TaskTimedOut", "TaskSubmitFailed"):
                return str(event[f"t{kind[1:]}EventDetails"].get("error", kind))
        return None

    def _output(self, state: str) -> dict[str, Any] | None:
        for event in self._events:
            details = event.get("stateExitedEventDetails", {})
            if details.get("name") == state:
                output: dict[str, Any] = json.loads(details["output"])
                return output
        return None
