"""The Map Runs of an execution."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modules.pipeline.workflow.names import PROCESS_SHARD

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

# A page's largest size, and far more than the events of one execution allow.
# https://docs.aws.amazon.com/step-functions/latest/apireference/API_ListMapRuns.html
_MOST = 1_000


def list_map_runs(client: SFNClient, execution_arn: str) -> list[str]:
    """The ARNs of the Map Runs that count, oldest first: one for each shard, or the one of a run without shards.

    A redrive usually continues the Map Run that there is. Where it started another one, the newer one counts.
    https://docs.aws.amazon.com/step-functions/latest/dg/redrive-map-run.html
    """
    entries = client.list_map_runs(executionArn=execution_arn, maxResults=_MOST)["mapRuns"]
    found = sorted(entries, key=lambda entry: entry["startDate"])
    shards = [entry["mapRunArn"] for entry in found if is_shard(entry["mapRunArn"])]
    return shards or [entry["mapRunArn"] for entry in found[-1:]]


def is_shard(map_run_arn: str) -> bool:
    """Whether a Map Run processes one shard of several. Its ARN ends with `<machine>/<label>:<uuid>`."""
    return map_run_arn.rpartition("/")[2].partition(":")[0] == PROCESS_SHARD
