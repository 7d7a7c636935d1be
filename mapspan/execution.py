"""An execution as a person follows it: where it stands now, and how it ended."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mapspan.deployment import Deployment

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


@dataclass(frozen=True, kw_only=True)
class Progress:
    """One look at an execution. Counts are of items (keys); before the Map Run starts all are None or 0.

    Args:
        status: the execution's: RUNNING, SUCCEEDED, FAILED, TIMED_OUT, ABORTED.
        seconds: since the execution started.
    """

    status: str
    seconds: float
    map_run_arn: str | None = None
    listed: int | None = None
    pending: int = 0
    running: int = 0
    succeeded: int = 0
    failed: int = 0

    @property
    def done(self) -> int:
        return self.succeeded + self.failed

    @property
    def rate(self) -> float:
        """Keys a second since the execution started."""
        return self.done / self.seconds if self.seconds else 0.0


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How an execution ended. `output` is the execution's own; `error` and `cause` tell why it failed."""

    status: str
    seconds: float
    map_run_arn: str | None
    output: Mapping[str, Any] = field(default_factory=dict)
    error: str | None = None
    cause: str | None = None

    @property
    def ledger(self) -> Mapping[str, int] | None:
        """listed, succeeded, failed and pending; None where the execution ended before it had one."""
        ledger: Mapping[str, int] | None = self.output.get("ledger")
        return ledger


class Execution:
    """One execution of a deployment's state machine."""

    def __init__(self, arn: str, client: SFNClient) -> None:
        self.arn = arn
        self._client = client

    @classmethod
    def start(cls, deployment: Deployment, run_input: Mapping[str, Any], *, name: str | None = None) -> Execution:
        """Start an execution; without a name AWS gives it a unique one."""
        client = deployment.step_functions()
        named = {"name": name} if name else {}
        started = client.start_execution(
            stateMachineArn=deployment.state_machine_arn, input=json.dumps(run_input), **named
        )
        return cls(started["executionArn"], client)

    @property
    def name(self) -> str:
        return self.arn.rsplit(":", 1)[1]

    def follow(self, *, poll_seconds: float) -> Iterator[Progress]:
        """Look every `poll_seconds` until the execution ends; the last look is of the end.

        AWS sustains one DescribeMapRun a second: poll no faster there.
        """
        while True:
            progress = self.progress()
            yield progress
            if progress.status != "RUNNING":
                return
            time.sleep(poll_seconds)

    def progress(self) -> Progress:
        """One look: three calls at most."""
        described = self._client.describe_execution(executionArn=self.arn)
        stopped = described.get("stopDate")
        seconds = (stopped.timestamp() if stopped else time.time()) - described["startDate"].timestamp()
        arn = self._map_run_arn()
        if arn is None:
            return Progress(status=described["status"], seconds=seconds)
        counts = self._client.describe_map_run(mapRunArn=arn)["itemCounts"]
        return Progress(
            status=described["status"],
            seconds=seconds,
            map_run_arn=arn,
            listed=counts["total"],
            pending=counts["pending"],
            running=counts["running"],
            succeeded=counts["succeeded"],
            failed=counts["failed"] + counts["timedOut"] + counts["aborted"],
        )

    def outcome(self) -> Outcome:
        """How the execution ended, or stands."""
        described = self._client.describe_execution(executionArn=self.arn)
        stopped = described.get("stopDate")
        return Outcome(
            status=described["status"],
            seconds=(stopped.timestamp() if stopped else time.time()) - described["startDate"].timestamp(),
            map_run_arn=self._map_run_arn(),
            output=json.loads(described.get("output") or "{}"),
            error=described.get("error"),
            cause=described.get("cause"),
        )

    def _map_run_arn(self) -> str | None:
        runs = self._client.list_map_runs(executionArn=self.arn)["mapRuns"]
        return runs[0]["mapRunArn"] if runs else None
