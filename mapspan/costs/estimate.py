"""What a run will take and cost, before it is started: arithmetic on settings, quotas and measured rates.

An estimate has no retries in it, no cold starts, and takes the objects to be alike.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from environments.environment import EXPRESS_MAX_TIMEOUT_SECONDS, Environment
from environments.settings import MAX_ITEMS_PER_BATCH
from mapspan.costs.cost import Cost, Usage, costs
from mapspan.costs.prices import quotas, rates
from modules.asl.execution_type import ExecutionType

_BATCH_SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, MAX_ITEMS_PER_BATCH)
# What a suggestion must save to be worth a change, and what of a batch's time limit it may use.
_WORTHWHILE = 0.9
_OF_TIMEOUT = 0.5


@dataclass(frozen=True, kw_only=True)
class Workload:
    """What there is to do.

    Args:
        average_bytes: of an object.
        seconds_per_object: reading and processing one, while as many others of its batch are under way as there
            are threads.
    """

    objects: int
    average_bytes: int
    seconds_per_object: float


@dataclass(frozen=True, kw_only=True)
class Stage:
    """`bound_by`: the setting, quota or measured rate without which the stage would be shorter."""

    name: str
    seconds: float
    bound_by: str


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """Dispatch and processing go on at the same time; the other stages follow each other."""

    children: int
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
        """The stage whose bound is the run's."""
        return max(self.stages, key=lambda stage: stage.seconds)

    @property
    def seconds(self) -> float:
        return self.listing.seconds + max(self.dispatch.seconds, self.processing.seconds) + self.summary.seconds

    @property
    def usd(self) -> float:
        return sum(cost.usd for cost in self.costs)


def estimate(environment: Environment, workload: Workload) -> Estimate:
    """The run that `environment` would make of `workload`."""
    children = math.ceil(workload.objects / environment.map.max_items_per_batch)
    batch, batch_bound = _batch(environment, workload)
    listing = _listing(environment, workload.objects)
    at_once, concurrency_bound = _concurrency(environment)
    network_bound = batch_bound if batch_bound != "process_objects.threads" else None
    few = children <= at_once  # a run with less to do than a limit allows isn't bound by it
    summary_seconds = workload.objects / 1e6 * rates().summary_cpu_seconds / _vcpus(environment.summarize_run.memory_mb)
    used = Usage(
        listed=workload.objects,
        read=workload.objects,
        gigabytes=workload.objects * workload.average_bytes / 1e9,
        children=children,
        batch_seconds=batch,
        listing_seconds=listing.seconds if environment.key_source == "listing" else 0,
        summary_seconds=summary_seconds,
    )
    return Estimate(
        children=children,
        batch_seconds=batch,
        listing=listing,
        dispatch=_dispatch(environment.map.execution_type, children),
        processing=Stage(
            name="processing",
            seconds=max(children / at_once, 1) * batch,
            bound_by=(network_bound or "one batch's time") if few else _joined(concurrency_bound, network_bound),
        ),
        summary=Stage(name="adding up", seconds=summary_seconds, bound_by="summarize_run.memory_mb, its CPU"),
        costs=costs(environment, used),
    )


def listing_rate(threads: int, memory_mb: int, page_seconds: float | None = None) -> tuple[float, str]:
    """Keys a second of one lister, and what bounds it."""
    rate = rates()
    # A page costs its CPU time on top of S3's.
    page = (page_seconds or rate.list_page_seconds) + rate.list_cpu_seconds / 1_000
    together = threads * rate.list_efficiency if threads > 1 else 1
    limits = {
        f"list_objects.threads = {threads}, at {page * 1_000:.0f} ms a page": together * 1_000 / page,
        "list_objects.memory_mb, its CPU": _vcpus(memory_mb) * 1e6 / rate.list_cpu_seconds,
        "the network of one function": rate.list_network_keys,
    }
    bound = min(limits, key=lambda name: limits[name])
    return limits[bound], bound


def better(environment: Environment, workload: Workload) -> tuple[Environment, Estimate] | None:
    """The batch size and execution type that take distinctly less time or money, and not more of the other.

    Among those that are all but equally fast and cheap, the smallest batch: less is lost when a child fails.
    """
    now = estimate(environment, workload)
    tried = [_with(environment, kind, size) for kind in ("EXPRESS", "STANDARD") for size in _BATCH_SIZES]
    found = [(each, estimate(each, workload)) for each in tried]
    found = [(each, then) for each, then in found if then.batch_seconds <= _OF_TIMEOUT * batch_limit(each)]
    if not found:
        return None
    fastest = min(then.seconds for _, then in found)
    fast = [(each, then) for each, then in found if then.seconds <= fastest / _WORTHWHILE]
    cheapest = min(then.usd for _, then in fast)
    best, then = next((each, then) for each, then in fast if then.usd <= cheapest / _WORTHWHILE)
    saves_time, saves_money = then.seconds < now.seconds * _WORTHWHILE, then.usd < now.usd * _WORTHWHILE
    no_worse = then.seconds <= now.seconds / _WORTHWHILE and then.usd <= now.usd / _WORTHWHILE
    too_long = now.batch_seconds > batch_limit(environment)
    return (best, then) if too_long or ((saves_time or saves_money) and no_worse) else None


def warnings(environment: Environment, workload: Workload) -> list[str]:
    """What would make the run fail or falter, a sentence each."""
    now, found = estimate(environment, workload), []
    if workload.objects > quotas().map_run_items:
        found.append(f"a Map Run reads {quotas().map_run_items:,.0f} keys at most: split the run by prefix")
    if now.batch_seconds > batch_limit(environment):
        found.append(
            f"a batch would take {now.batch_seconds:,.0f} s and fail, because it is given"
            f" {batch_limit(environment):,} s: lower map.max_items_per_batch"
        )
    gets = workload.objects / max(now.dispatch.seconds, now.processing.seconds, 1)
    if gets > quotas().s3_gets:
        found.append(
            f"{gets:,.0f} reads a second are more than the {quotas().s3_gets:,.0f} that S3 grants each partitioned"
            " prefix at once: unless the keys spread over several, S3 answers SlowDown until it has split them"
        )
    if environment.map.max_concurrency > _account_concurrency(environment):
        found.append(
            f"map.max_concurrency = {environment.map.max_concurrency:,} is more than the"
            f" {_account_concurrency(environment):,} instances Lambda grants by default: have that quota raised"
        )
    return found


def useful_concurrency(environment: Environment, workload: Workload) -> int | None:
    """The max_concurrency beyond which dispatch is the bound; None where there is nothing to gain."""
    now = estimate(environment, workload)
    if (
        "map.max_concurrency" not in now.processing.bound_by
        or now.processing.seconds * _WORTHWHILE < now.dispatch.seconds
    ):
        return None
    enough = math.ceil(now.children * now.batch_seconds / max(now.dispatch.seconds, now.batch_seconds))
    most = min(enough, now.children, _account_concurrency(environment))
    return most if most * _WORTHWHILE > environment.map.max_concurrency else None


def batch_limit(environment: Environment) -> int:
    """The seconds one batch is given."""
    timeout = environment.process_objects.timeout_seconds
    express = environment.map.execution_type == "EXPRESS"
    return min(timeout, EXPRESS_MAX_TIMEOUT_SECONDS) if express else timeout


def _listing(environment: Environment, objects: int) -> Stage:
    if environment.key_source == "inventory":
        hours = environment.inventory.max_inventory_age_hours
        return Stage(name="listing", seconds=0, bound_by=f"nothing: an inventory lists them, up to {hours} h old")
    if environment.key_source == "replication":
        seconds = objects / 1_000 * rates().list_page_seconds
        return Stage(name="listing", seconds=seconds, bound_by="the Map's own listing, page after page")
    lister = environment.list_objects
    rate, bound = listing_rate(lister.threads, lister.memory_mb)
    return Stage(name="listing", seconds=objects / rate, bound_by=bound)


def _dispatch(execution_type: ExecutionType, children: int) -> Stage:
    quota = quotas().express_dispatch if execution_type == "EXPRESS" else quotas().standard_dispatch
    return Stage(name="dispatch", seconds=children / quota, bound_by=f"{quota:,.0f} {execution_type} children a second")


def _batch(environment: Environment, workload: Workload) -> tuple[float, str]:
    """The seconds a full batch takes, and what bounds it."""
    objects = min(environment.map.max_items_per_batch, max(1, workload.objects))
    threads = environment.process_objects.threads
    limits = {
        "process_objects.threads": math.ceil(objects / threads) * workload.seconds_per_object,
        "the network of one function": objects * workload.average_bytes / rates().lambda_network_bytes,
    }
    bound = max(limits, key=lambda name: limits[name])
    return limits[bound] + rates().batch_overhead_seconds, bound


def _concurrency(environment: Environment) -> tuple[int, str]:
    asked, granted = environment.map.max_concurrency, _account_concurrency(environment)
    if asked <= granted:
        return asked, f"map.max_concurrency = {asked:,}"
    return granted, f"Lambda's {granted:,} instances"


def _account_concurrency(environment: Environment) -> int:
    return environment.process_objects.reserved_concurrency or int(quotas().lambda_concurrency)


def _joined(bound: str, other: str | None) -> str:
    return f"{bound}, and {other}" if other else bound


def _vcpus(memory_mb: int) -> float:
    """Of one process, which can't use more than one."""
    return min(1.0, memory_mb / rates().vcpu_mb)


def _with(environment: Environment, execution_type: str, batch: int) -> Environment:
    changed = environment.map.model_copy(update={"execution_type": execution_type, "max_items_per_batch": batch})
    return environment.model_copy(update={"map": changed})
