"""Watching an execution: polls it until it ends, at a rate that AWS sustains."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from mapspan import aws_errors
from mapspan.running.pace import Pace
from mapspan.running.progress import Progress
from mapspan.running.recent_history import RecentHistory
from mapspan.running.watched_map_runs import WatchedMapRuns

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient
    from mypy_boto3_stepfunctions.type_defs import DescribeExecutionOutputTypeDef

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
        self._map_runs = WatchedMapRuns(client, execution_arn)
        self._pace: Pace | None = None

    def follow(self, poll_seconds: float = POLL_SECONDS) -> Iterator[Progress]:
        """Poll every `poll_seconds` until the execution ends; the last progress shows its end.

        Throttling and lost connections lengthen the pauses, up to half a minute; in the meantime the last progress is
        repeated with its `trouble`. Raises any other AWS error, and a connection failure on the first call.
        """
        last: Progress | None = None
        pause = poll_seconds
        while True:
            try:
                last = self.poll(poll_seconds)
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

    def poll(self, poll_seconds: float = 0.0) -> Progress:
        """Read the execution's progress: at most one call of each kind, and a few for a few children.

        The last poll reads every Map Run that may have changed, one in `poll_seconds`.
        """
        description = self._client.describe_execution(executionArn=self._arn)
        if (redrives := description.get("redriveCount", 0)) != self._redrives:
            # A redrive runs children that failed again, and after some failures in a Map Run of its own.
            self._redrives, self._pace = redrives, None
            self._map_runs = WatchedMapRuns(self._client, self._arn)
        ended = description["status"] not in RUNNING
        self._map_runs.read(last=ended, pause=lambda: self._sleep(poll_seconds))
        if not self._map_runs.arns:
            return self._before_the_map_run(description)
        return self._in_the_map_runs(description, ended=ended)

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

    def _in_the_map_runs(self, description: DescribeExecutionOutputTypeDef, *, ended: bool) -> Progress:
        map_runs = self._map_runs
        phase = "processing" if map_runs.running or not self._adds_up() else "adding up"
        return Progress(
            status=description["status"],
            phase="ended" if ended else phase,
            seconds=elapsed_seconds(description),
            map_run_arns=map_runs.arns,
            keys=map_runs.keys,
            items=map_runs.items,
            rate=self._rate(),
            children=map_runs.children,
            failures=map_runs.failures,
        )

    def _adds_up(self) -> bool:
        """Whether nothing is left but adding up, when no Map Run runs: a lister may open another shard."""
        return not self._map_runs.has_shards or RecentHistory.read(self._client, self._arn).adds_up

    def _rate(self) -> float:
        started, stopped, done = self._map_runs.started, self._map_runs.stopped, self._map_runs.items.ended
        if stopped is not None:
            return Pace(started).rate(stopped, done)
        if self._pace is None:
            if self._redrives and self._map_runs.unread:
                return 0.0
            # Of a redriven Map Run nobody knows how many keys were done when it went on: count from now.
            self._pace = Pace(time.time(), done) if self._redrives else Pace(started)
        return self._pace.rate(time.time(), done)


def elapsed_seconds(description: DescribeExecutionOutputTypeDef) -> float:
    """The seconds that an execution took, or has been running."""
    stopped: datetime | None = description.get("stopDate")
    return (stopped.timestamp() if stopped else time.time()) - description["startDate"].timestamp()
