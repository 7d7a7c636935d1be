"""Reads the newest runs of an environment: one request for their list, and one small object for each that has ended."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lambdas.summarize_run.run_summary import AboutRun, RunSummary, run_summary_key
from mapspan.deployment import Deployment
from mapspan.results.finished_run import split_input
from mapspan.results.run_costs import FinishedWork, MapTimes, work_costs
from mapspan.results.runs.run_overview import RunOverview
from mapspan.running.watch import RUNNING
from modules.pipeline.workflow.names import INVENTORY, LISTING, KeySourceName

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.type_defs import ExecutionListItemTypeDef

    from environments.environment import Environment

MOST_RUNS = 100
_THREADS = 10  # as many connections as boto3 keeps open
# A name can be used again after 90 days; Step Functions and the state machine write a start to the millisecond.
_SAME_START = timedelta(minutes=1)


def recent_runs(deployment: Deployment, limit: int) -> list[RunOverview]:
    """The newest runs, the newest first. A run without a summary is described by Step Functions.

    The caller needs states:ListExecutions, states:DescribeExecution, and s3:GetObject and s3:ListBucket on the runs
    bucket: without ListBucket, S3 calls a missing summary denied.
    """
    client = deployment.step_functions()
    items = client.list_executions(stateMachineArn=deployment.state_machine_arn, maxResults=limit)["executions"]
    reader = _Reader(deployment)
    with ThreadPoolExecutor(_THREADS) as pool:
        return list(pool.map(reader.read, items))


class _Reader:
    """Reads single runs, from several threads."""

    def __init__(self, deployment: Deployment) -> None:
        self._environment = deployment.environment
        self._bucket = deployment.runs_bucket
        self._client = deployment.step_functions()
        self._s3 = deployment.s3()

    def read(self, item: ExecutionListItemTypeDef) -> RunOverview:
        # A redriven run that is running may have the summary of its end before.
        summary = None if item["status"] in RUNNING else self._summary(item)
        return self._described(item) if summary is None else self._summarized(item, summary)

    def _summary(self, item: ExecutionListItemTypeDef) -> RunSummary | None:
        """The run's summary; None if it has none, or the one of an earlier run of its name, or one of another format.

        Raises any other error of S3.
        """
        owner = self._environment.target.account_id
        try:
            answer = self._s3.get_object(
                Bucket=self._bucket, Key=run_summary_key(item["name"]), ExpectedBucketOwner=owner
            )
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") == "NoSuchKey":
                return None
            raise
        try:
            summary: RunSummary = json.load(answer["Body"])
            apart = abs(datetime.fromisoformat(summary["run"]["started"]) - item["startDate"])
            known = RunSummary.__required_keys__ <= set(summary) and AboutRun.__required_keys__ <= set(summary["run"])
        except (ValueError, KeyError, TypeError):
            return None
        return summary if known and apart < _SAME_START else None

    def _summarized(self, item: ExecutionListItemTypeDef, summary: RunSummary) -> RunOverview:
        run = summary["run"]
        return RunOverview(
            **_in_the_list(self._environment.name, item),
            ledger={**summary["ledger"]},  # type: ignore[dict-item]  # mypy takes a TypedDict's values for objects
            seen=run["seen"],
            looked_from=run["looked_from"],
            looked_until=run["looked_until"],
            failures=summary["failures"],
            skips=summary["skips"],
            usd=_summarized_usd(self._environment, item, summary),
            started_by=run["started_by"],
        )

    def _described(self, item: ExecutionListItemTypeDef) -> RunOverview:
        """A run without a summary: one that found nothing to process has the numbers in its output."""
        description = self._client.describe_execution(executionArn=item["executionArn"])
        run_input, started_by = split_input(description.get("input"))
        output = json.loads(description.get("output") or "{}")
        ledger = output.get("ledger")
        usd = None
        if ledger and not output["map_runs"]:
            given_key_list = "key_list" in run_input
            usd = _usd_without_keys(self._environment, item, output, given_key_list=given_key_list)
        return RunOverview(
            **_in_the_list(self._environment.name, item),
            ledger=ledger,
            seen=output.get("seen"),
            looked_from=output.get("looked_from"),
            looked_until=output.get("looked_until"),
            failures=output.get("failures") or {},
            skips=output.get("skips") or {},
            usd=usd,
            started_by=started_by,
            error=description.get("error"),
            cause=description.get("cause"),
        )


def _in_the_list(environment: str, item: ExecutionListItemTypeDef) -> dict[str, Any]:
    stopped = None if item["status"] in RUNNING else item.get("stopDate")
    return {
        "environment": environment,
        "name": item["name"],
        "status": item["status"],
        "started": item["startDate"],
        "stopped": stopped,
        "seconds": (stopped.timestamp() if stopped else time.time()) - item["startDate"].timestamp(),
        "redrives": item.get("redriveCount", 0),
    }


def _summarized_usd(environment: Environment, item: ExecutionListItemTypeDef, summary: RunSummary) -> float | None:
    """What the run cost, by the times that it measured, without transfer between Regions. None while it goes on."""
    run, processing, stopped = summary["run"], summary["processing"], item.get("stopDate")
    if stopped is None:
        return None
    started, ended = processing["started"], processing["stopped"]
    lists = run["seen"] is not None
    work = FinishedWork(
        started=item["startDate"],
        stopped=stopped,
        map_times=MapTimes(
            started=datetime.fromisoformat(started) if started else item["startDate"],
            stopped=datetime.fromisoformat(ended) if ended else stopped,
            children=processing["children"],
            child_seconds=processing["seconds"],
        ),
        ledger={**summary["ledger"]},  # type: ignore[dict-item]  # as above
        seen=run["seen"],
        size_bytes=0,
        lists=lists,
        given_key_list=summary["given_key_list"],
        key_source=_key_source(environment, lists=lists),
        execution_type="STANDARD" if run["execution_type"] == "STANDARD" else "EXPRESS",
    )
    return sum(cost.usd for cost in work_costs(environment, work))


def _usd_without_keys(
    environment: Environment, item: ExecutionListItemTypeDef, output: dict[str, Any], *, given_key_list: bool
) -> float:
    """The cost of a run that looked and found nothing to process."""
    lists = output.get("seen") is not None
    work = FinishedWork(
        started=item["startDate"],
        stopped=item.get("stopDate") or item["startDate"],
        map_times=None,
        ledger=output["ledger"],
        seen=output.get("seen"),
        size_bytes=0,
        lists=lists,
        given_key_list=given_key_list,
        key_source=_key_source(environment, lists=lists),
        execution_type=environment.map.execution_type,
    )
    return sum(cost.usd for cost in work_costs(environment, work))


def _key_source(environment: Environment, *, lists: bool) -> KeySourceName:
    """The key source of a run, as far as its summary shows it: an environment that lists today may not have before."""
    if lists:
        return LISTING
    return INVENTORY if environment.key_source == LISTING else environment.key_source
