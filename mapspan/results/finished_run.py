"""A run that has ended, as Step Functions describes it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mapspan.checkout import CommandError
from mapspan.deployment import Deployment
from mapspan.results.run_definition import RunDefinition
from mapspan.running.redrive_refusal import redrive_refusal
from mapspan.running.watch import RUNNING
from modules.pipeline.workflow.input_rule import STARTED_BY
from modules.pipeline.workflow.names import KEY_LISTS, LISTING, MAP_RUNS

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


@dataclass(frozen=True, kw_only=True)
class MapRunSummary:
    """What DescribeMapRun says of a Map Run that has ended.

    Args:
        status: SUCCEEDED, FAILED or ABORTED; RUNNING while the children of a stopped run finish.
        stopped: None if it was cut off.
        items: the keys that it read. AWS reads and starts children at the same time, so that a Map Run that did not
            succeed may have read only a part of its keys.
        succeeded: the keys of children that succeeded. Single keys among them may have failed.
        children: the children that were started.
        failed_children: those of them that failed, timed out or were stopped.
    """

    arn: str
    status: str
    started: datetime
    stopped: datetime | None
    max_concurrency: int
    redrives: int
    items: int
    succeeded: int
    children: int
    failed_children: int


@dataclass(frozen=True, kw_only=True)
class FinishedRun:
    """A run that has ended.

    Args:
        run_input: what the run was to process: its input without `started_by`.
        started_by: None if the input doesn't say it.
        error, cause: why it failed, or who stopped it.
        redrivable: whether a redrive can continue it.
        map_run: None if the run ended before it had one.
        definition: the definition that it was started with.
    """

    name: str
    arn: str
    status: str
    started: datetime
    stopped: datetime
    run_input: Mapping[str, Any]
    output: Mapping[str, Any]
    error: str | None
    cause: str | None
    redrivable: bool
    map_run: MapRunSummary | None
    definition: RunDefinition
    started_by: str | None = None

    @property
    def seconds(self) -> float:
        return (self.stopped - self.started).total_seconds()

    @property
    def has_listing(self) -> bool:
        """Whether the run lists the source bucket unless it is given a key list. If not, the Map reads the keys."""
        return self.definition.key_source == LISTING

    @property
    def given_key_list(self) -> str | None:
        """The prefix of the key list that the run was started with; None if it was started without one."""
        prefix = (self.run_input.get("key_list") or {}).get("prefix")
        # The definition adds the slash as well.
        return f"{prefix.removesuffix('/')}/" if prefix else None

    @property
    def key_list(self) -> str | None:
        """The prefix of the key list that was processed; None if the Map read the keys from somewhere else."""
        return self.given_key_list or (f"{KEY_LISTS}{self.name}/listed/" if self.has_listing else None)

    @property
    def retry_list(self) -> str:
        """The prefix of the key list of the keys that failed or were never tried."""
        return f"{KEY_LISTS}{self.name}/retry/"

    @property
    def manifest(self) -> str | None:
        """The key of ResultWriter's manifest, which may not exist; None if the run has no Map Run."""
        return f"{MAP_RUNS}{self.name}/{self.map_run.arn.rpartition(':')[2]}/manifest.json" if self.map_run else None

    @property
    def listing_finished(self) -> bool:
        """Whether all keys were listed. If they were not, the run has no Map Run and did not succeed."""
        return self.map_run is not None or self.given_key_list is not None or self.status == "SUCCEEDED"


def find_run(deployment: Deployment, execution: str) -> FinishedRun:
    """The run with this name or ARN.

    Raises:
        CommandError: it has not ended.
        ClientError: ExecutionDoesNotExist; AWS forgets an execution 90 days after its end.
    """
    client, arn = deployment.step_functions(), deployment.execution_arn(execution)
    description = client.describe_execution(executionArn=arn)
    name = arn.rpartition(":")[2]
    if "stopDate" not in description or description["status"] in RUNNING:
        raise CommandError(
            f"{name} is still running: follow it to its end with `mapspan watch {deployment.environment.name} {name}`"
        )
    run_input, started_by = split_input(description.get("input"))
    return FinishedRun(
        name=name,
        arn=arn,
        status=description["status"],
        started=description["startDate"],
        stopped=description["stopDate"],
        run_input=run_input,
        started_by=started_by,
        output=json.loads(description.get("output") or "{}"),
        error=description.get("error"),
        cause=description.get("cause"),
        redrivable=redrive_refusal(description, deployment.environment.name) is None,
        map_run=_newest_map_run(client, arn),
        definition=RunDefinition.read(client, arn),
    )


def split_input(text: str | None) -> tuple[Any, str | None]:
    """A run's input as JSON, without the field that says who started it; and who did."""
    run_input = json.loads(text or "{}")
    if not isinstance(run_input, dict):
        return run_input, None
    started_by = run_input.pop(STARTED_BY, None)
    return run_input, started_by if isinstance(started_by, str) else None


def _newest_map_run(client: SFNClient, execution_arn: str) -> MapRunSummary | None:
    """The newest Map Run: a redriven Map usually continues the one it has."""
    map_runs = client.list_map_runs(executionArn=execution_arn)["mapRuns"]
    if not map_runs:
        return None
    newest = max(map_runs, key=lambda map_run: map_run["startDate"])
    description = client.describe_map_run(mapRunArn=newest["mapRunArn"])
    children = description["executionCounts"]
    return MapRunSummary(
        arn=description["mapRunArn"],
        status=description["status"],
        started=description["startDate"],
        stopped=description.get("stopDate"),
        max_concurrency=description["maxConcurrency"],
        redrives=description.get("redriveCount", 0),
        items=description["itemCounts"]["total"],
        succeeded=description["itemCounts"]["succeeded"],
        children=children["total"] - children["pending"],
        failed_children=children["failed"] + children["timedOut"] + children["aborted"],
    )
