"""Finds the runs of a chain: those before a run by the names in their inputs, those after it among the newest runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from botocore.exceptions import ClientError

from mapspan import aws_errors
from mapspan.deployment import Deployment
from mapspan.results.chain.chain_run import ChainRun
from mapspan.results.chain.retry_link import read_link
from mapspan.results.finished_run import FinishedRun
from mapspan.running.watch import RUNNING

# One page of ListExecutions, and as many calls of DescribeExecution: AWS takes at least 250 at once.
# https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
NEWEST = 100


class ChainSearch:
    """The runs of the chain that `run` is part of, still without ledgers.

    Attributes:
        runs: in the order of their starts; the first is the one that all others retried, as far as it is known.
        missing: why runs of the chain are missing; None if none is.
        note: how far later runs were looked for, if some may be missing.
    """

    def __init__(self, deployment: Deployment, run: FinishedRun) -> None:
        self._client = deployment.step_functions()
        self._deployment = deployment
        self.missing: str | None = None
        self.note: str | None = None
        self.runs = self._with_retries(
            self._before(
                ChainRun(
                    name=run.name,
                    status=run.status,
                    started=run.started,
                    stopped=run.stopped,
                    link=read_link(run.run_input),
                )
            )
        )

    def _before(self, run: ChainRun) -> list[ChainRun]:
        """The run and those before it, the first one first."""
        runs = [run]
        while (first := runs[0]).link:
            name = first.link.retry_of
            try:
                parent = self._read(name)
            except self._client.exceptions.ExecutionDoesNotExist:
                self.missing = f"AWS no longer knows {name}, which {first.name} retried: it keeps a run for 90 days"
                break
            if parent.started >= first.started:
                self.missing = f"AWS no longer knows {name}, which {first.name} retried: a newer run has its name"
                break
            runs.insert(0, parent)
        return runs

    def _with_retries(self, before: list[ChainRun]) -> list[ChainRun]:
        """Those runs and all that retried one of them, directly or through others."""
        chain = {run.name: run for run in before}
        for run in sorted([*self._newer(before[0].started, known=chain), *before], key=lambda run: run.started):
            if run.link and run.link.retry_of in chain:
                chain[run.name] = run
        return sorted(chain.values(), key=lambda run: run.started)

    def _newer(self, started: datetime, *, known: Mapping[str, ChainRun]) -> list[ChainRun]:
        """The newest runs that started after a run."""
        machine = self._deployment.state_machine_arn
        try:
            answer = self._client.list_executions(stateMachineArn=machine, maxResults=NEWEST)
            items = [item for item in answer["executions"] if item["startDate"] > started]
            if "nextToken" in answer and len(items) == len(answer["executions"]):
                self.note = f"later retries were looked for among the newest {NEWEST} runs only"
            return [self._read(item["name"]) for item in items if item["name"] not in known]
        except ClientError as error:
            self.missing = f"the newer runs can't be read: {aws_errors.sentence(error)}"
            return []

    def _read(self, name: str) -> ChainRun:
        description = self._client.describe_execution(executionArn=self._deployment.execution_arn(name))
        return ChainRun(
            name=name,
            status=description["status"],
            started=description["startDate"],
            stopped=None if description["status"] in RUNNING else description.get("stopDate"),
            link=read_link(json.loads(description.get("input") or "{}")),
        )
