"""What the Map Runs of an ended run did, as one: most runs have one, a run with shards has several."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from mapspan.running.map_run_list import is_shard, list_map_runs

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient
    from mypy_boto3_stepfunctions.type_defs import DescribeMapRunOutputTypeDef


@dataclass(frozen=True, kw_only=True)
class MapRunSummary:
    """What DescribeMapRun says of the Map Runs of a run, added up.

    Args:
        arns: at least one.
        status: SUCCEEDED if all of them did, else that of one that did not: FAILED, ABORTED; RUNNING while the
            children of a stopped run finish.
        started, stopped: of the first and the last. `stopped` is None if one was cut off.
        max_concurrency: of all together; 0 if one has no limit.
        redrives: how often they were redriven, at most.
        items: the keys that they read. AWS reads and starts children at the same time, so that a Map Run that did not
            succeed may have read only a part of its keys.
        succeeded: the keys of children that succeeded. Single keys among them may have failed.
        children: the children that were started.
        failed_children: those of them that failed, timed out or were stopped.
    """

    arns: tuple[str, ...]
    status: str
    started: datetime
    stopped: datetime | None
    max_concurrency: int
    redrives: int
    items: int
    succeeded: int
    children: int
    failed_children: int

    @classmethod
    def read(cls, client: SFNClient, execution_arn: str, *, pause_seconds: float) -> MapRunSummary | None:
        """Describe each Map Run, with pauses in between; None if there is none."""
        described: list[DescribeMapRunOutputTypeDef] = []
        for arn in list_map_runs(client, execution_arn):
            if described:
                time.sleep(pause_seconds)
            described.append(client.describe_map_run(mapRunArn=arn))
        return cls._of(described) if described else None

    @property
    def has_shards(self) -> bool:
        return is_shard(self.arns[0])

    @classmethod
    def _of(cls, described: Sequence[DescribeMapRunOutputTypeDef]) -> MapRunSummary:
        items, children = ([one[counts] for one in described] for counts in ("itemCounts", "executionCounts"))
        limits = [one["maxConcurrency"] for one in described]
        ends = [one.get("stopDate") for one in described]
        return cls(
            arns=tuple(one["mapRunArn"] for one in described),
            status=next((one["status"] for one in described if one["status"] != "SUCCEEDED"), "SUCCEEDED"),
            started=min(one["startDate"] for one in described),
            stopped=None if None in ends else max(end for end in ends if end),
            max_concurrency=sum(limits) if all(limits) else 0,
            redrives=max(one.get("redriveCount", 0) for one in described),
            items=sum(count["total"] for count in items),
            succeeded=sum(count["succeeded"] for count in items),
            children=sum(count["total"] - count["pending"] for count in children),
            failed_children=sum(count["failed"] + count["timedOut"] + count["aborted"] for count in children),
        )
