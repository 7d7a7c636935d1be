"""A run that has ended, as Step Functions describes it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mapspan.checkout import CommandError
from mapspan.deployment import Deployment
from mapspan.results.map_run_summary import MapRunSummary
from mapspan.results.run_definition import RunDefinition
from mapspan.running.redrive_refusal import redrive_refusal
from mapspan.running.watch import POLL_SECONDS, RUNNING
from modules.pipeline.workflow.input_rule import STARTED_BY
from modules.pipeline.workflow.names import KEY_LISTS, LISTING, MAP_RUNS, VERDICTS


@dataclass(frozen=True, kw_only=True)
class FinishedRun:
    """A run that has ended.

    Args:
        run_input: what the run was to process: its input without `started_by`.
        started_by: None if the input doesn't say it.
        error, cause: why it failed, or who stopped it.
        redrivable: whether a redrive can continue it.
        map_run: its Map Runs as one; None if the run ended before it had any.
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
        """The prefix of the key list that the run wrote: the keys that failed or were never tried."""
        return f"{KEY_LISTS}{self.name}/retry/"

    def retry_list_of(self, errors: Iterable[str]) -> str:
        """The prefix of a key list that `mapspan retry` writes: the keys with one of `errors`; without any, all.

        Each end of the run, and of its Map Run, has its own: a redrive changes the keys, and so do children that finish
        after a stop, while an earlier retry may still read the old list.
        """
        ends = [self.stopped.timestamp(), self.map_run and [*self.map_run.arns, self.map_run.status]]
        contents = json.dumps([sorted(set(errors)), *ends])
        return f"{KEY_LISTS}{self.name}/retry-{hashlib.sha256(contents.encode()).hexdigest()[:12]}/"

    @property
    def manifests(self) -> list[str]:
        """The key of each Map Run's manifest from ResultWriter, which may not exist."""
        arns = self.map_run.arns if self.map_run else ()
        return [f"{MAP_RUNS}{self.name}/{arn.rpartition(':')[2]}/manifest.json" for arn in arns]

    def child_arn(self, name: str) -> str | None:
        """The ARN of a child execution; None for an EXPRESS one, whose form AWS doesn't document."""
        if self.map_run is None or self.definition.execution_type != "STANDARD":
            return None
        return f"{self.map_run.arns[0].rpartition(':')[0].replace(':mapRun:', ':execution:')}:{name}"

    @property
    def listing_finished(self) -> bool:
        """Whether all keys were listed. Shards are processed while others are still listed, until the run adds up."""
        if self.map_run is not None and self.map_run.has_shards:
            return self.status == "SUCCEEDED" or self.error in VERDICTS
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
        map_run=MapRunSummary.read(client, arn, pause_seconds=0 if deployment.local_cloud_url else POLL_SECONDS),
        definition=RunDefinition.read(client, arn),
    )


def split_input(text: str | None) -> tuple[Any, str | None]:
    """A run's input as JSON, without the field that says who started it; and who did."""
    run_input = json.loads(text or "{}")
    if not isinstance(run_input, dict):
        return run_input, None
    started_by = run_input.pop(STARTED_BY, None)
    return run_input, started_by if isinstance(started_by, str) else None
