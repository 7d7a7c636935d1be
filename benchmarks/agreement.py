"""The simulation of a run beside its estimate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.simulation import SimulatedRun, simulate
from environments.environment import Environment
from environments.files import load
from mapspan.costs.estimate import Workload, estimate_run
from tests import ENVIRONMENTS


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """How long a run takes, simulated and estimated. `rate_of`: what starts as many children a second as AWS allows."""

    batch_size: int
    rate_of: str
    simulated: float
    estimated: float


def agreement(objects: int) -> Iterator[Agreement]:
    """The run of `prod` over `objects` of 100 KB each, with batches of two sizes."""
    for batch_size in (100, 500):
        loaded = load("prod", ENVIRONMENTS)
        changed = loaded.map.model_copy(update={"max_items_per_batch": batch_size})
        environment = loaded.model_copy(update={"map": changed})
        workload = Workload(objects=objects, average_bytes=100_000, seconds_per_object=0.05)
        estimate = estimate_run(environment, workload)
        for by_map_run in (False, True):
            run = _run(environment, objects, by_map_run=by_map_run)
            yield Agreement(
                batch_size=batch_size,
                rate_of="a Map Run" if by_map_run else "an account",
                simulated=simulate(run).seconds,
                estimated=estimate.seconds_by_map_run if by_map_run else estimate.seconds,
            )


def _run(environment: Environment, objects: int, *, by_map_run: bool) -> SimulatedRun:
    """The environment's settings, and what was measured or assumed, written here a second time."""
    lister = environment.list_objects
    return SimulatedRun(
        objects=objects,
        list_threads=lister.threads,
        listers=environment.listers,
        growth=4,
        deal_after=lister.deal_after_seconds,
        max_items_per_shard=lister.max_items_per_shard,
        page=0.085,
        page_cpu=0.0025,
        page_network=1_000 / 150_000,
        dispatch=1_000,
        dispatch_per_map_run=by_map_run,
        max_concurrency=environment.map.max_concurrency,
        max_items_per_batch=environment.map.max_items_per_batch,
        job_threads=environment.job.threads,
        object_seconds=0.05,
        object_network=100_000 / 75e6,
        batch_overhead=0.03,
        summary_of_batch=15e-6 * 1_769 / environment.summarize_run.memory_mb,
    )
