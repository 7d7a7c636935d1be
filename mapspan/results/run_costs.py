"""What a run cost, from what it did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from environments.environment import Environment
from mapspan.costs.cost import Cost, Usage, costs
from mapspan.results.finished_run import FinishedRun, MapRunSummary
from mapspan.results.run_results import RunResults
from modules.asl.execution_type import ExecutionType
from modules.pipeline.workflow.names import KeySourceName


@dataclass(frozen=True, kw_only=True)
class MapTimes:
    """How long a run's Map took, and with how many children. `max_concurrency`: 0 for no limit."""

    started: datetime
    stopped: datetime
    children: int
    max_concurrency: int

    @property
    def batch_seconds(self) -> float:
        """The longest time that a child can have taken, on average."""
        concurrency = min(self.max_concurrency or self.children, self.children)
        return (self.stopped - self.started).total_seconds() * concurrency / max(1, self.children)


@dataclass(frozen=True, kw_only=True)
class FinishedWork:
    """What the cost of a run depends on.

    Args:
        ledger: listed, succeeded, skipped, failed and pending keys.
        map_times: None if the run had no Map Run.
        lists: whether the run listed the source bucket.
        given_key_list: whether it processed an existing key list.
    """

    started: datetime
    stopped: datetime
    map_times: MapTimes | None
    ledger: Mapping[str, int]
    seen: int | None
    size_bytes: int
    lists: bool
    given_key_list: bool
    key_source: KeySourceName
    execution_type: ExecutionType


def run_costs(environment: Environment, run: FinishedRun, results: RunResults) -> list[Cost]:
    """The costs as `mapspan estimate` calculates them, with the longest times that the functions can have run."""
    work = FinishedWork(
        started=run.started,
        stopped=run.stopped,
        map_times=_map_times(run.map_run, run.stopped) if run.map_run else None,
        ledger={**results.ledger},  # type: ignore[dict-item]  # mypy takes a TypedDict's values for objects
        seen=run.output.get("seen"),
        size_bytes=results.size_bytes,
        lists=run.given_key_list is None and run.has_listing,
        given_key_list=run.given_key_list is not None,
        key_source=run.definition.key_source,
        execution_type=run.definition.execution_type,
    )
    return work_costs(environment, work)


def work_costs(environment: Environment, work: FinishedWork) -> list[Cost]:
    """The costs in the environment as the run had it; the functions' sizes are today's."""
    map_settings = environment.map.model_copy(update={"execution_type": work.execution_type})
    update = {"key_source": work.key_source, "map": map_settings}
    return costs(environment.model_copy(update=update), _usage(work))


def _map_times(map_run: MapRunSummary, run_stopped: datetime) -> MapTimes:
    return MapTimes(
        started=map_run.started,
        stopped=map_run.stopped or run_stopped,
        children=map_run.children,
        max_concurrency=map_run.max_concurrency,
    )


def _usage(work: FinishedWork) -> Usage:
    ledger, times = work.ledger, work.map_times
    listed = 0 if work.given_key_list else ledger["listed"]
    listing_ended = times.started if times else work.stopped
    return Usage(
        seen=work.seen or listed,
        listed=listed,
        read=ledger["succeeded"] + ledger["skipped"] + ledger["failed"],
        written=ledger["succeeded"],
        gigabytes=work.size_bytes / 1e9,
        children=times.children if times else 0,
        batch_seconds=times.batch_seconds if times else 0.0,
        listing_seconds=(listing_ended - work.started).total_seconds() if work.lists else 0.0,
        summary_seconds=max(0.0, (work.stopped - times.stopped).total_seconds()) if times else 0.0,
    )
