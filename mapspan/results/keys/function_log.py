"""The log of the worker function in CloudWatch Logs: its lines by run and by invocation, and what retention deleted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from mapspan.results.keys.log_line import FAILURE, LogLine
from modules.pipeline.workflow.retriers import LONGEST_FUNCTION_SECONDS

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_logs.type_defs import FilterLogEventsRequestTypeDef

_LONGEST_INVOCATION = timedelta(seconds=LONGEST_FUNCTION_SECONDS)


@dataclass(frozen=True, kw_only=True)
class Retention:
    """How long a log group keeps its lines. `days`: None if it keeps them forever. `exists`: whether there is one."""

    group: str
    days: int | None
    exists: bool = True

    def deleted(self, started: datetime, ended: datetime, now: datetime) -> str | None:
        """What is deleted of the log of a run between these times, as a sentence; None if all of it is kept."""
        if not self.exists:
            return f"the log group {self.group} does not exist: it was deleted, or the function never ran"
        if self.days is None or started >= (kept_from := now - timedelta(days=self.days)):
            return None
        keeps = f"{self.group} keeps its lines for {self.days} day{'s' if self.days > 1 else ''}"
        if ended < kept_from:
            return f"the log of this run is deleted: {keeps}, and the run ended on {ended:%Y-%m-%d at %H:%M} UTC"
        return f"the log of this run before {kept_from:%Y-%m-%d %H:%M} UTC is deleted: {keeps}"


class FunctionLog:
    """One log group, read with FilterLogEvents: its pages may be empty, and only a missing token ends them.

    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
    """

    def __init__(self, client: CloudWatchLogsClient, group: str) -> None:
        self._client = client
        self.group = group

    def retention(self) -> Retention:
        """Needs logs:DescribeLogGroups."""
        for page in self._client.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=self.group):
            for group in page["logGroups"]:
                if group.get("logGroupName") == self.group:
                    return Retention(group=self.group, days=group.get("retentionInDays"))
        return Retention(group=self.group, days=None, exists=False)

    def failures(self, run: str, started: datetime, ended: datetime) -> Iterator[LogLine]:
        """The lines of the keys that failed in a run, tries that were repeated included, in the order of time."""
        for line in self._lines(f'"{FAILURE}" "{run}"', started, ended):
            if line.is_failure and line.run == run:
                yield line

    def naming(self, request_id: str, started: datetime, ended: datetime) -> list[LogLine]:
        """The lines that name an invocation."""
        return list(self._lines(f'"{request_id}"', started, ended))

    def invocation(self, request_id: str, near: LogLine) -> list[LogLine]:
        """All lines of the invocation that wrote `near`, also those without its id, such as what the job printed.

        A stream has one invocation at a time, so they are the lines between its first and its last.
        """
        around = (near.time - _LONGEST_INVOCATION, near.time + _LONGEST_INVOCATION)
        own = list(self._lines(f'"{request_id}"', *around, streams=[near.stream]))
        if not own:
            return [near]
        lines = list(self._lines("", own[0].time, own[-1].time, streams=[near.stream]))
        return _between(lines, request_id) or own

    def _lines(
        self, pattern: str, started: datetime, ended: datetime, *, streams: Sequence[str] = ()
    ) -> Iterator[LogLine]:
        request: FilterLogEventsRequestTypeDef = {
            "logGroupName": self.group,
            "startTime": _milliseconds(started),
            "endTime": _milliseconds(ended) + 1,
        }
        if pattern:
            request["filterPattern"] = pattern
        if streams:
            request["logStreamNames"] = list(streams)
        while True:
            page = self._client.filter_log_events(**request)
            for event in page["events"]:
                yield LogLine(
                    time=datetime.fromtimestamp(event.get("timestamp", 0) / 1000, UTC),
                    stream=event.get("logStreamName", ""),
                    message=event.get("message", ""),
                )
            if not (token := page.get("nextToken")):
                return
            request["nextToken"] = token


def _between(lines: list[LogLine], request_id: str) -> list[LogLine]:
    """The lines from the start of an invocation to its end; empty if its start is not among them."""
    kept: list[LogLine] = []
    inside = False
    for line in lines:
        if line.starts_invocation:
            inside = line.request_id == request_id
        if inside or (line.ends_invocation and line.request_id == request_id):
            kept.append(line)
        if inside and line.ends_invocation:
            inside = False
    return kept


def _milliseconds(time: datetime) -> int:
    return int(time.timestamp() * 1000)
