"""A run of the whole pipeline on the local cloud with job.objects_per_second: when each object was started."""

from __future__ import annotations

import bisect
import dataclasses
import json
from typing import Any

from environments.environment import Environment
from environments.files import load
from mapspan.local.local_deployment import LocalDeployment, throwaway
from mapspan.results.finished_run import find_run
from mapspan.results.run_results import ResultFiles
from mapspan.running.execution import Execution
from tests import ENVIRONMENTS

_JOB = "benchmarks/jobs/started"


def starts_of_a_run(objects: int, objects_per_second: int, max_concurrency: int) -> list[float]:
    """When the job was called for each object of a run, in order, in seconds since the first call.

    Raises RuntimeError if the run did not succeed.
    """
    settings = _environment(objects_per_second, max_concurrency)
    with throwaway() as cloud:
        local = dataclasses.replace(cloud, settings=settings)
        local.fill_source_bucket(objects)
        local.deploy()
        execution = Execution.start(local.deployment, {})
        for _ in execution.follow(poll_seconds=1):
            pass
        if (outcome := execution.outcome()).status != "SUCCEEDED":
            raise RuntimeError(f"{execution.name}: {outcome.error}: {outcome.cause}")
        started = sorted(_started(local, execution.name))
    return [moment - started[0] for moment in started]


def most_in_a_second(starts: list[float]) -> int:
    """The most starts that any window of one second has."""
    return max(bisect.bisect_left(starts, start + 1) - index for index, start in enumerate(starts))


def _environment(objects_per_second: int, max_concurrency: int) -> Environment:
    settings: dict[str, Any] = json.loads(load("local", ENVIRONMENTS).model_dump_json(exclude_defaults=True))
    settings["map"] = {"max_concurrency": max_concurrency}
    settings["job"] = {**settings.get("job", {}), "path": _JOB, "objects_per_second": objects_per_second}
    return Environment.model_validate_json(json.dumps(settings))


def _started(local: LocalDeployment, execution: str) -> list[float]:
    deployment = local.deployment
    run = find_run(deployment, execution)
    owner = deployment.environment.target.account_id
    files = ResultFiles(deployment.s3(), run, bucket=deployment.runs_bucket, owner=owner)
    # The sample objects have folder markers, for which no job is called.
    return [outcome["Result"]["started"] for outcome in files.outcomes() if "started" in outcome["Result"]]
