"""An execution of a deployment's state machine: start it, follow it, read its outcome."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mapspan.deployment import Deployment
from mapspan.running.caller import caller
from mapspan.running.map_run_list import list_map_runs
from mapspan.running.progress import Progress
from mapspan.running.recent_history import RecentHistory
from mapspan.running.watch import Watch, elapsed_seconds
from modules.pipeline.workflow.input_rule import STARTED_BY

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How an execution ended, or its state so far.

    Args:
        output: the execution's output; empty unless it succeeded.
        summary: the output of SummarizeRun: ledger, failures, skips, retry. A run that its verdict failed has one too.
        error, cause: why it failed.
    """

    status: str
    seconds: float
    map_run_arns: Sequence[str]
    output: Mapping[str, Any] = field(default_factory=dict)
    summary: Mapping[str, Any] = field(default_factory=dict)
    error: str | None = None
    cause: str | None = None

    @property
    def ledger(self) -> Mapping[str, int] | None:
        """listed, succeeded, skipped, failed and pending; None if the execution ended before it had a ledger."""
        ledger: Mapping[str, int] | None = self.summary.get("ledger")
        return ledger

    @property
    def results(self) -> list[str]:
        """The s3:// URL of each Map Run's manifest."""
        details = [map_run["ResultWriterDetails"] for map_run in self.output.get("map_runs", ())]
        return [f"s3://{manifest['Bucket']}/{manifest['Key']}" for manifest in details]

    def as_json(self) -> dict[str, Any]:
        return {
            "event": "outcome",
            "status": self.status,
            "seconds": round(self.seconds, 3),
            "ledger": self.ledger,
            "seen": self.output.get("seen"),
            "looked_from": self.output.get("looked_from"),
            "looked_until": self.output.get("looked_until"),
            "failures": self.summary.get("failures"),
            "skips": self.summary.get("skips"),
            "retry": self.summary.get("retry"),
            "results": self.results,
            "map_run_arns": list(self.map_run_arns),
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
        """Start an execution; without a name it gets a unique one. Its input says who starts it.

        AWS always gets a name: if the answer to a start is lost, the start is sent again, and AWS would take two starts
        without a name for two runs.
        """
        client = deployment.step_functions()
        started_by = run_input.get(STARTED_BY) or caller(deployment.sts())
        full_input = {**run_input, **({STARTED_BY: started_by} if started_by else {})}
        answer = client.start_execution(
            stateMachineArn=deployment.state_machine_arn,
            name=name or str(uuid.uuid4()),
            input=json.dumps(full_input),
        )
        return cls(answer["executionArn"], client)

    @property
    def name(self) -> str:
        return self.arn.rsplit(":", 1)[1]

    def follow(self, *, poll_seconds: float) -> Iterator[Progress]:
        """Poll until the execution ends: see `Watch.follow`."""
        return Watch(self._client, self.arn).follow(poll_seconds)

    def outcome(self) -> Outcome:
        """How the execution ended, or its state so far."""
        description = self._client.describe_execution(executionArn=self.arn)
        output = json.loads(description.get("output") or "{}")
        summary = output
        if description["status"] == "FAILED":
            summary = RecentHistory.read(self._client, self.arn).summary
        return Outcome(
            status=description["status"],
            seconds=elapsed_seconds(description),
            map_run_arns=list_map_runs(self._client, self.arn),
            output=output,
            summary=summary,
            error=description.get("error"),
            cause=description.get("cause"),
        )
