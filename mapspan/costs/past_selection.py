"""What a past run selected, and how long its objects took, for the estimate of the next one."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from botocore.exceptions import ClientError

from lambdas.process_objects.unread import NOT_SELECTED
from lambdas.summarize_run.run_summary import run_summary_key
from mapspan.checkout import CommandError
from mapspan.deployment import Deployment, find_deployment
from mapspan.results.finished_run import FinishedRun, find_run


@dataclass(frozen=True, kw_only=True)
class PastSelection:
    """`seen`: the objects that the run looked at; `selected`: those of them that it processed.

    `seconds_per_object`: the time of one object while every thread of the worker was busy; None if the run has no
    summary that says it.
    """

    seen: int
    selected: int
    seconds_per_object: float | None = None

    @property
    def share(self) -> float:
        return self.selected / self.seen


def read_past_selection(environment_name: str, execution: str) -> PastSelection:
    """What a run that succeeded has selected.

    Raises:
        CommandError: it has not succeeded, was given a key list, or saw no object.
    """
    deployment = find_deployment(environment_name)
    run = find_run(deployment, execution)
    selection = past_selection(run)
    if selection is None:
        raise CommandError(
            f"--from {execution}: this run doesn't say what share it selected: name one that succeeded, looked for keys"
            " itself and saw at least one object"
        )
    measured = seconds_per_object(_summary(deployment, run), threads=deployment.environment.job.threads)
    return replace(selection, seconds_per_object=measured)


def past_selection(run: FinishedRun) -> PastSelection | None:
    """None if the run doesn't say."""
    if run.status != "SUCCEEDED" or run.given_key_list:
        return None
    listed = run.output["ledger"]["listed"]
    seen = run.output.get("seen")
    selected = listed if seen is not None else listed - run.output.get("skips", {}).get(NOT_SELECTED, 0)
    seen = listed if seen is None else seen
    return PastSelection(seen=seen, selected=selected) if seen else None


def seconds_per_object(summary: Mapping[str, Any] | None, *, threads: int) -> float | None:
    """The time of one object, from the times of the batches: `threads` objects are processed at a time.

    None without a summary, or if it has no batch with a key that was tried.
    """
    if summary is None:
        return None
    children, seconds = summary["processing"]["children"], summary["processing"]["seconds"]
    tried = summary["ledger"]["listed"] - summary["ledger"]["pending"]
    if not children or not tried:
        return None
    turns: int = math.ceil(tried / children / threads)
    return float(seconds / children / turns)


def _summary(deployment: Deployment, run: FinishedRun) -> dict[str, Any] | None:
    """The run's summary; None if it has none."""
    owner = deployment.environment.target.account_id
    try:
        answer = deployment.s3().get_object(
            Bucket=deployment.runs_bucket, Key=run_summary_key(run.name), ExpectedBucketOwner=owner
        )
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") == "NoSuchKey":
            return None
        raise
    summary: dict[str, Any] = json.load(answer["Body"])
    return summary
