"""The time and cost of a run before it starts, computed from settings, quotas and measured rates.

An estimate assumes no retries, no cold starts, and objects of equal size.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from environments.environment import Environment
from mapspan.costs.cost import Cost, Usage, costs
from mapspan.costs.prices import quotas, rates
from mapspan.costs.rounds import Round, is_dealt, rounds
from modules.asl.execution_type import ExecutionType
from modules.pipeline.workflow.names import INVENTORY, LISTING, REPLICATION


@dataclass(frozen=True, kw_only=True)
class Workload:
    """The objects of a run.

    Args:
        objects: those that the listing looks at.
        selected_share: the share of them that is selected, from 0 to 1.
        average_bytes: the average size of an object.
        seconds_per_object: the time to read and process one object while every thread of the worker is busy.
    """

    objects: int
    average_bytes: int
    seconds_per_object: float
    selected_share: float = 1.0

    @property
    def selected(self) -> int:
        """How many objects are read and processed."""
        return math.ceil(self.objects * self.selected_share)

    def batched(self, environment: Environment) -> int:
        """How many keys the Map gets: where it reads them by itself, the worker skips what is not selected."""
        return self.selected if environment.key_source == LISTING else self.objects


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One stage of a run.

    Args:
        bound_by: the setting, quota or measured rate that limits the stage's speed.
    """

    name: str
    seconds: float
    bound_by: str


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """The stages and costs of a run. Dispatch and processing overlap, and in rounds listing too.

    Args:
        map_runs: how many Map Runs process the keys.
        seconds: how long the run takes, if all Map Runs together start as many children a second as one may.
        seconds_by_map_run: the same if each Map Run may start as many: AWS doesn't say which.
    """

    children: int
    map_runs: int
    seconds: float
    seconds_by_map_run: float
    batch_seconds: float
    listing: Stage
    dispatch: Stage
    processing: Stage
    summary: Stage
    costs: list[Cost]

    @property
    def stages(self) -> list[Stage]:
        return [self.listing, self.dispatch, self.processing, self.summary]

    @property
    def longest(self) -> Stage:
        """The longest stage: what limits it limits the run."""
        return max(self.stages, key=lambda stage: stage.seconds)

    @property
    def usd(self) -> float:
        return sum(cost.usd for cost in self.costs)


def estimate_run(environment: Environment, workload: Workload) -> Estimate:
    """The estimate of a run over `workload` with the settings of `environment`."""
    batched = workload.batched(environment)
    children = math.ceil(batched / environment.effective_map.max_items_per_batch)
    batch, batch_bound = _batch(environment, workload)
    steps, listing = _listing(environment, workload)
    at_once, concurrency_bound = _concurrency(environment)
    few = children <= at_once  # too few children for the limit to matter
    summary_seconds = children / 1e6 * rates().summary_cpu_seconds / _vcpus(environment.summarize_run.memory_mb)
    dispatch = _dispatch(environment.map.execution_type, children)
    processing_seconds = max(children / at_once, 1) * batch

    def seconds(*, by_map_run: bool) -> float:
        """Each step lasts as long as what takes longest in it, and its last batches end alone."""
        total = summary_seconds
        for step in steps:
            share = step.keys / max(1, batched)
            starts = share * dispatch.seconds / (step.shards if by_map_run and step.shards else 1)
            last_batch = batch if is_dealt(steps) and step.keys else 0.0
            total += max(step.listing_seconds, max(starts, share * processing_seconds) + last_batch)
        return total

    usage = Usage(
        seen=workload.objects,
        listed=batched,
        read=workload.selected,
        written=workload.selected,
        gigabytes=workload.selected * workload.average_bytes / 1e9,
        children=children,
        batch_seconds=batch,
        listing_seconds=_lister_seconds(environment, workload.objects),
        summary_seconds=summary_seconds,
    )
    return Estimate(
        children=children,
        map_runs=sum(step.shards for step in steps),
        seconds=seconds(by_map_run=False),
        seconds_by_map_run=seconds(by_map_run=True),
        batch_seconds=batch,
        listing=listing,
        dispatch=dispatch,
        processing=Stage(
            name="processing",
            seconds=processing_seconds,
            bound_by=_processing_bound(environment, batch_bound, concurrency_bound, few=few),
        ),
        summary=Stage(name="adding up", seconds=summary_seconds, bound_by="summarize_run.memory_mb, its CPU"),
        costs=costs(environment, usage),
    )


def listing_rate(threads: int, memory_mb: int, page_seconds: float | None = None) -> tuple[float, str]:
    """How many keys a second one lister lists, and what limits it."""
    rate = rates()
    # A page takes the lister's CPU time on top of S3's time.
    page = (page_seconds or rate.list_page_seconds) + rate.list_cpu_seconds / 1_000
    together = threads * rate.list_efficiency if threads > 1 else 1
    limits = {
        f"list_objects.threads = {threads}, at {page * 1_000:.0f} ms a page": together * 1_000 / page,
        "list_objects.memory_mb, its CPU": _vcpus(memory_mb) * 1e6 / rate.list_cpu_seconds,
        "the network of one function": rate.list_network_keys,
    }
    bound = min(limits, key=lambda name: limits[name])
    return limits[bound], bound


def account_concurrency(environment: Environment) -> int:
    """How many instances of the worker may run at once."""
    return environment.job.reserved_concurrency or int(quotas().lambda_concurrency)


def _listing(environment: Environment, workload: Workload) -> tuple[list[Round], Stage]:
    """What is listed and processed at the same time, step by step, and the time in which all is listed."""
    batched = workload.batched(environment)
    if environment.key_source == INVENTORY:
        hours = environment.inventory.max_inventory_age_hours
        seconds, bound = 0.0, f"nothing: the inventory exists, up to {hours} h old"
    elif environment.key_source == REPLICATION:
        seconds, bound = (
            workload.objects / 1_000 * rates().list_page_seconds,
            "the Map's own listing, one page after another",
        )
    else:
        rate, bound = _lister_rate(environment)
        steps = list(
            rounds(environment, objects=workload.objects, selected_share=workload.selected_share, keys_per_second=rate)
        )
        at_once = max(1, environment.listers if is_dealt(steps) else 1)
        bound = f"{at_once} listers, each by {bound}" if at_once > 1 else bound
        return steps, Stage(name="listing", seconds=sum(step.listing_seconds for step in steps), bound_by=bound)
    return [Round(seconds, 0, 0), Round(0.0, batched, 1)], Stage(name="listing", seconds=seconds, bound_by=bound)


def _lister_seconds(environment: Environment, objects: int) -> float:
    """How long listers run, all together."""
    return objects / _lister_rate(environment)[0] if environment.key_source == LISTING else 0.0


def _lister_rate(environment: Environment) -> tuple[float, str]:
    return listing_rate(environment.list_objects.threads, environment.list_objects.memory_mb)


def _dispatch(execution_type: ExecutionType, children: int) -> Stage:
    quota = quotas().express_dispatch if execution_type == "EXPRESS" else quotas().standard_dispatch
    return Stage(name="dispatch", seconds=children / quota, bound_by=f"{quota:,.0f} {execution_type} children a second")


def _batch(environment: Environment, workload: Workload) -> tuple[float, str]:
    """How many seconds a full batch takes, and what limits it."""
    full = min(environment.effective_map.max_items_per_batch, max(1, workload.batched(environment)))
    objects = full if environment.key_source == LISTING else math.ceil(full * workload.selected_share)
    threads, rate_limit = environment.job.threads, environment.rate_limit
    limits = {
        "job.threads": math.ceil(objects / threads) * workload.seconds_per_object,
        "the network of one function": objects * workload.average_bytes / rates().lambda_network_bytes,
    }
    if rate_limit is not None:
        limits[_rate_bound(environment)] = objects * rate_limit.interval_seconds
    bound = max(limits, key=lambda name: limits[name])
    return limits[bound] + rates().batch_overhead_seconds, bound


def _concurrency(environment: Environment) -> tuple[int, str]:
    wanted, allowed = environment.effective_map.max_concurrency, account_concurrency(environment)
    if wanted > allowed:
        return allowed, f"Lambda's {allowed:,} instances"
    lowered = wanted < environment.map.max_concurrency
    return wanted, _rate_bound(environment) if lowered else f"map.max_concurrency = {wanted:,}"


def _processing_bound(environment: Environment, batch_bound: str, concurrency_bound: str, *, few: bool) -> str:
    if batch_bound == _rate_bound(environment):
        return batch_bound
    other_bound = batch_bound if batch_bound != "job.threads" else None
    if few:
        return other_bound or "one batch's time"
    return f"{concurrency_bound}, and {other_bound}" if other_bound else concurrency_bound


def _rate_bound(environment: Environment) -> str:
    return f"job.objects_per_second = {environment.job.objects_per_second or 0:,}"


def _vcpus(memory_mb: int) -> float:
    """The share of a CPU that a function of this size gives to one process: at most one whole CPU."""
    return min(1.0, memory_mb / rates().vcpu_mb)
