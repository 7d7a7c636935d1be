"""What a run cost, from what it did, and what a retry of its keys will cost."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from environments.environment import Environment
from lambdas.summarize_run.ledger import Ledger, recorded_keys
from mapspan.costs.cost import Cost, Usage, costs
from mapspan.results.finished_run import FinishedRun
from mapspan.results.map_run_summary import MapRunSummary
from mapspan.results.run_results import RunResults
from modules.asl.execution_type import ExecutionType
from modules.pipeline.workflow.names import KeySourceName


@dataclass(frozen=True, kw_only=True)
class MapTimes:
    """When a run's Map Runs began and ended. `child_seconds`: how long all their children took together."""

    started: datetime
    stopped: datetime
    children: int
    child_seconds: float

    @property
    def batch_seconds(self) -> float:
        """The average time of a child."""
        return self.child_seconds / max(1, self.children)


@dataclass(frozen=True, kw_only=True)
class FinishedWork:
    """What the cost of a run depends on.

    Args:
        ledger: listed, succeeded, skipped, failed and pending keys.
        map_times: None if the run had no Map Run.
        size_bytes: the size of the objects, as far as it is known.
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
    return work_costs(environment, _work(run, results.ledger, results.size_bytes))


def retry_costs(environment: Environment, run: FinishedRun, ledger: Ledger, *, keys: int) -> list[Cost] | None:
    """The costs of a retry of `keys` keys of `run`, each of which takes as long as the run's keys took.

    None if the run tried no key, or nobody knows which. The size of the objects is not known.
    """
    tried = recorded_keys(ledger) - ledger["pending"]
    if not tried or not keys:
        return None
    measured, share = _usage(_work(run, ledger, size_bytes=0)), keys / tried
    children = math.ceil(keys / environment.effective_map.max_items_per_batch)
    usage = Usage(
        seen=0,
        listed=0,
        read=keys,
        written=keys,
        gigabytes=0,
        children=children,
        batch_seconds=measured.children * measured.batch_seconds * share / children,
        listing_seconds=0,
        summary_seconds=measured.summary_seconds * share,
    )
    return costs(environment, usage)


def work_costs(environment: Environment, work: FinishedWork) -> list[Cost]:
    """The costs in the environment as the run had it; the functions' sizes are today's."""
    map_settings = environment.map.model_copy(update={"execution_type": work.execution_type})
    update = {"key_source": work.key_source, "map": map_settings}
    return costs(environment.model_copy(update=update), _usage(work))


def _work(run: FinishedRun, ledger: Ledger, size_bytes: int) -> FinishedWork:
    return FinishedWork(
        started=run.started,
        stopped=run.stopped,
        map_times=_longest_times(run.map_run, run.stopped) if run.map_run else None,
        ledger={**ledger},  # type: ignore[dict-item]  # mypy takes a TypedDict's values for objects
        seen=run.output.get("seen"),
        size_bytes=size_bytes,
        lists=run.given_key_list is None and run.has_listing,
        given_key_list=run.given_key_list is not None,
        key_source=run.definition.key_source,
        execution_type=run.definition.execution_type,
    )


def _longest_times(map_run: MapRunSummary, run_stopped: datetime) -> MapTimes:
    """The longest times that the children can have taken: as many as may run at a time, from the first to the last."""
    stopped, children = map_run.stopped or run_stopped, map_run.children
    at_a_time = min(map_run.max_concurrency or children, children)
    seconds = (stopped - map_run.started).total_seconds() * at_a_time
    return MapTimes(started=map_run.started, stopped=stopped, children=children, child_seconds=seconds)


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
