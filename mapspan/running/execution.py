"""An execution as a person handles it: start it, follow it, see how it ended."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mapspan.deployment import Deployment
from mapspan.running.progress import Progress
from mapspan.running.recent_history import RecentHistory
from mapspan.running.watch import Watch, seconds

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How an execution ended, or stands.

    Args:
        output: the execution's own; empty unless it succeeded.
        summary: what its summary said, also where the verdict failed it then: ledger, failures, retry.
        error, cause: why it failed.
    """

    status: str
    seconds: float
    map_run_arn: str | None
    output: Mapping[str, Any] = field(default_factory=dict)
    summary: Mapping[str, Any] = field(default_factory=dict)
    error: str | None = None
    cause: str | None = None

    @property
    def ledger(self) -> Mapping[str, int] | None:
        """listed, succeeded, failed and pending; None where the execution ended before it had one."""
        ledger: Mapping[str, int] | None = self.summary.get("ledger")
        return ledger

    @property
    def results(self) -> str | None:
        """Where the results' manifest lies, as an s3:// URL."""
        results = self.output.get("results")
        return f"s3://{results['Bucket']}/{results['Key']}" if results else None

    def as_json(self) -> dict[str, Any]:
        return {
            "event": "outcome",
            "status": self.status,
            "seconds": round(self.seconds, 3),
            "ledger": self.ledger,
            "failures": self.summary.get("failures"),
            "retry": self.summary.get("retry"),
            "results": self.results,
            "map_run_arn": self.map_run_arn,
            "error": self.error,
            "cause": self.cause,
        }


class Execution:
    """One execution of a deployment's state machine."""

    def __init__(self, arn: str, client: SFNClient) -> None:
        self.arn = arn
        self._client = client

    @classmethod
    def start(cls, deployment: Deployment, run_input: Mapping[str, Any], *, name: str | None = None) -> Execution:
        """Start an execution; without a name it gets a unique one.

        Always one of ours: a start whose answer is lost is sent again, and AWS takes two without a name for two runs.
        """
        client = deployment.step_functions()
        started = client.start_execution(
            stateMachineArn=deployment.state_machine_arn,
            name=name or str(uuid.uuid4()),
            input=json.dumps(run_input),
        )
        return cls(started["executionArn"], client)

    @property
    def name(self) -> str:
        return self.arn.rsplit(":", 1)[1]

    def follow(self, *, poll_seconds: float) -> Iterator[Progress]:
        """Look every `poll_seconds` until the execution ends: see `Watch.follow`."""
        return Watch(self._client, self.arn).follow(poll_seconds)

    def outcome(self) -> Outcome:
        """How the execution ended, or stands."""
        described = self._client.describe_execution(executionArn=self.arn)
        runs = self._client.list_map_runs(executionArn=self.arn)["mapRuns"]
        output = json.loads(described.get("output") or "{}")
        summary = output
        if described["status"] == "FAILED":
            summary = RecentHistory.read(self._client, self.arn).summary
        return Outcome(
            status=described["status"],
            seconds=seconds(described),
            map_run_arn=runs[0]["mapRunArn"] if runs else None,
            output=output,
            summary=summary,
            error=described.get("error"),
            cause=described.get("cause"),
        )
