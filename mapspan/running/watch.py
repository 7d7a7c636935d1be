"""Watching an execution: polls it until it ends, at a rate that AWS sustains."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from mapspan import aws_errors
from mapspan.running.ended_batches import EndedBatches
from mapspan.running.pace import Pace
from mapspan.running.progress import ItemCounts, KeyCounts, Progress
from mapspan.running.recent_history import RecentHistory

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient
    from mypy_boto3_stepfunctions.type_defs import (
        DescribeExecutionOutputTypeDef,
        DescribeMapRunOutputTypeDef,
        MapRunExecutionCountsTypeDef,
    )

# AWS sustains about one DescribeMapRun a second; the local cloud has no such quota.
# https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
POLL_SECONDS = 1.0
LOCAL_POLL_SECONDS = 0.25
_LONGEST_PAUSE_SECONDS = 30.0
RUNNING = ("RUNNING", "PENDING_REDRIVE")


class Watch:
    """A watcher of one execution. Its state is a cache: a new watcher can take over at any time."""

    def __init__(self, client: SFNClient, execution_arn: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._arn = execution_arn
        self._sleep = sleep
        self._redrives = 0
        self._map_run_arn: str | None = None
        self._pace: Pace | None = None
        self._batches: EndedBatches | None = None
        self._children_refused = False

    def follow(self, poll_seconds: float = POLL_SECONDS) -> Iterator[Progress]:
        """Poll every `poll_seconds` until the execution ends; the last progress shows its end.

        Throttling and lost connections lengthen the pauses, up to half a minute; in the meantime the last progress is
        repeated with its `trouble`. Raises any other AWS error, and a connection failure on the first call.
        """
        last: Progress | None = None
        pause = poll_seconds
        while True:
            try:
                last = self.poll()
            except (ClientError, BotoCoreError) as error:
                lost = last is not None and aws_errors.is_lost_connection(error)
                if not lost and not aws_errors.is_throttling(error):
                    raise
                pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
                if last is not None:
                    yield replace(last, trouble=aws_errors.sentence(error))
            else:
                yield last
                if last.ended:
                    return
                pause = poll_seconds
            self._sleep(pause)

    def poll(self) -> Progress:
        """Read the execution's progress: at most one call of each kind, and a few for a few children."""
        description = self._client.describe_execution(executionArn=self._arn)
        if (redrives := description.get("redriveCount", 0)) != self._redrives:
            # A redrive runs children that failed again, and after some failures in a Map Run of its own.
            self._redrives = redrives
            self._map_run_arn = self._pace = self._batches = None
        self._map_run_arn = self._map_run_arn or self._newest_map_run()
        if self._map_run_arn is None:
            return self._before_the_map_run(description)
        return self._in_the_map_run(description, self._client.describe_map_run(mapRunArn=self._map_run_arn))

    def _before_the_map_run(self, description: DescribeExecutionOutputTypeDef) -> Progress:
        history = RecentHistory.read(self._client, self._arn)
        ended = description["status"] not in RUNNING
        phase = "listing" if history.has_listing else "starting"
        error = None if ended else history.retried_error
        return Progress(
            status=description["status"],
            phase="ended" if ended else phase,
            seconds=elapsed_seconds(description),
            listed=history.listed,
            trouble=f"{phase} failed with {error} and is being retried" if error else None,
        )

    def _in_the_map_run(
        self, description: DescribeExecutionOutputTypeDef, map_run: DescribeMapRunOutputTypeDef
    ) -> Progress:
        counts, children = map_run["itemCounts"], map_run["executionCounts"]
        items = ItemCounts(
            total=counts["total"],
            pending=counts["pending"] + counts.get("pendingRedrive", 0),
            running=counts["running"],
            succeeded=counts["succeeded"],
            failed=counts["failed"] + counts["timedOut"] + counts["aborted"],
        )
        phase = "ended"
        if description["status"] in RUNNING:
            phase = "processing" if map_run["status"] == "RUNNING" else "adding up"
        ended = self._read_ended_batches(map_run["mapRunArn"], children, last=phase == "ended")
        failed_children = children["failed"] + children["timedOut"] + children["aborted"]
        return Progress(
            status=description["status"],
            phase=phase,
            seconds=elapsed_seconds(description),
            map_run_arn=map_run["mapRunArn"],
            keys=KeyCounts.of(
                items,
                ended.outcomes,
                batches=failed_children + ended.succeeded_read,
                ended_batches=failed_children + children["succeeded"],
            ),
            items=items,
            rate=self._rate(map_run, items.ended),
            children=_children_by_status(children),
            failures=ended.failures,
        )

    def _rate(self, map_run: DescribeMapRunOutputTypeDef, done: int) -> float:
        started, stopped = map_run["startDate"].timestamp(), map_run.get("stopDate")
        if map_run["status"] != "RUNNING" and stopped is not None:
            return Pace(started).rate(stopped.timestamp(), done)
        if self._pace is None:
            # Of a redriven Map Run nobody knows how many keys were done when it went on: count from now.
            self._pace = Pace(time.time(), done) if map_run.get("redriveCount") else Pace(started)
        return self._pace.rate(time.time(), done)

    def _read_ended_batches(
        self, map_run_arn: str, children: MapRunExecutionCountsTypeDef, *, last: bool
    ) -> EndedBatches:
        self._batches = self._batches or EndedBatches(self._client, map_run_arn)
        if not self._children_refused:
            try:
                self._batches.read(failed=children["failed"], succeeded=children["succeeded"], last=last)
            except ClientError as error:
                if aws_errors.is_throttling(error) or aws_errors.is_lost_connection(error):
                    raise
                # A caller without permission to read the children can still watch the run.
                self._children_refused = True
        return self._batches

    def _newest_map_run(self) -> str | None:
        runs = self._client.list_map_runs(executionArn=self._arn)["mapRuns"]
        return max(runs, key=lambda run: run["startDate"])["mapRunArn"] if runs else None


def _children_by_status(children: MapRunExecutionCountsTypeDef) -> dict[str, int]:
    return {
        "pending": children["pending"] + children.get("pendingRedrive", 0),
        "running": children["running"],
        "succeeded": children["succeeded"],
        "failed": children["failed"],
        "timed_out": children["timedOut"],
        "aborted": children["aborted"],
    }


def elapsed_seconds(description: DescribeExecutionOutputTypeDef) -> float:
    """The seconds that an execution took, or has been running."""
    stopped: datetime | None = description.get("stopDate")
    return (stopped.timestamp() if stopped else time.time()) - description["startDate"].timestamp()
