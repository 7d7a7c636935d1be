"""A run that has ended: what Step Functions tells of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mapspan.checkout import CommandError
from mapspan.deployment import Deployment
from mapspan.results.run_definition import RunDefinition
from mapspan.running.watch import RUNNING
from modules.pipeline.workflow.names import KEY_LISTS, LISTING, MAP_RUNS

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


@dataclass(frozen=True, kw_only=True)
class MapRun:
    """The Map Run. `stopped` None: it was cut off.

    Args:
        items: keys that it read.
        succeeded: keys of children that succeeded, single keys of which may have failed.
        children: that were started; `failed_children` of them failed, timed out or were stopped.
    """

    arn: str
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
    """`map_run` None: it ended before there was one. `error` and `cause`: why it failed or who stopped it.

    Args:
        definition: the one it was started with.
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
    map_run: MapRun | None
    definition: RunDefinition

    @property
    def seconds(self) -> float:
        return (self.stopped - self.started).total_seconds()

    @property
    def has_listing(self) -> bool:
        """Whether a run like this lists the source bucket, unless a key list is given; else the Map reads the keys."""
        return self.definition.key_source == LISTING

    @property
    def given_key_list(self) -> str | None:
        """The prefix of the key list that the run was started with; None if it found the keys itself."""
        given = (self.run_input.get("key_list") or {}).get("prefix")
        # The definition adds the slash as well.
        return f"{given.removesuffix('/')}/" if given else None

    @property
    def key_list(self) -> str | None:
        """The prefix of the key list that was processed; None where there is none: only the Map knows what it read."""
        return self.given_key_list or (f"{KEY_LISTS}{self.name}/listed/" if self.has_listing else None)

    @property
    def retry_list(self) -> str:
        """The prefix of the key list of what failed or was not tried."""
        return f"{KEY_LISTS}{self.name}/retry/"

    @property
    def manifest(self) -> str | None:
        """The key of ResultWriter's manifest, which may not be there; None before there is a Map Run."""
        return f"{MAP_RUNS}{self.name}/{self.map_run.arn.rpartition(':')[2]}/manifest.json" if self.map_run else None

    @property
    def listing_finished(self) -> bool:
        """Whether the key list is whole: only then is it handed to a Map Run, or found to be empty."""
        return self.map_run is not None or self.given_key_list is not None or self.status == "SUCCEEDED"


def find(deployment: Deployment, execution: str) -> FinishedRun:
    """The run of that name or ARN.

    Raises:
        CommandError: it has not ended.
        ClientError: ExecutionDoesNotExist, 90 days after its end at the latest.
    """
    client, arn = deployment.step_functions(), deployment.execution_arn(execution)
    described = client.describe_execution(executionArn=arn)
    name = arn.rpartition(":")[2]
    if "stopDate" not in described or described["status"] in RUNNING:
        raise CommandError(
            f"{name} is still running: `mapspan watch {deployment.environment.name} {name}` follows it to its end"
        )
    return FinishedRun(
        name=name,
        arn=arn,
        status=described["status"],
        started=described["startDate"],
        stopped=described["stopDate"],
        run_input=json.loads(described.get("input") or "{}"),
        output=json.loads(described.get("output") or "{}"),
        error=described.get("error"),
        cause=described.get("cause"),
        map_run=_map_run(client, arn),
        definition=RunDefinition.read(client, arn),
    )


def _map_run(client: SFNClient, execution_arn: str) -> MapRun | None:
    """The newest: a redriven Map goes on in the one it has."""
    runs = client.list_map_runs(executionArn=execution_arn)["mapRuns"]
    if not runs:
        return None
    newest = max(runs, key=lambda run: run["startDate"])
    described = client.describe_map_run(mapRunArn=newest["mapRunArn"])
    children = described["executionCounts"]
    return MapRun(
        arn=described["mapRunArn"],
        started=described["startDate"],
        stopped=described.get("stopDate"),
        max_concurrency=described["maxConcurrency"],
        redrives=described.get("redriveCount", 0),
        items=described["itemCounts"]["total"],
        succeeded=described["itemCounts"]["succeeded"],
        children=children["total"] - children["pending"],
        failed_children=children["failed"] + children["timedOut"] + children["aborted"],
    )
