"""A run simulated event by event: pages, shards, children, with times drawn from distributions.

It checks the arithmetic of `mapspan estimate`, and shares neither code nor formulas with it. All times are in seconds.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

# The spread of a page's and of an object's time, and of the portions that a listing is dealt in: standard deviation
# over mean.
_PAGE_SPREAD, _OBJECT_SPREAD, _PORTION_SPREAD = 0.3, 0.5, 0.4
_BATCH_TIMES = 1_000  # drawn once; each child takes one of them


@dataclass(frozen=True, kw_only=True)
class SimulatedRun:
    """What a run does and how fast its parts are.

    Args:
        listers: how many list at the same time after `deal_after`, in rounds: each lists a shard of the next round,
            while the shards of the round before are processed.
        growth: how many times as many keys a round lists as it processes, at most.
        page, page_cpu, page_network: the time of a page of 1,000 keys at S3, and what it takes of the lister's one CPU
            and of its network.
        dispatch_per_map_run: whether each Map Run starts `dispatch` children a second, or all together.
        summary_of_batch: the time to add up one batch.
    """

    objects: int
    list_threads: int
    listers: int
    growth: int
    deal_after: float
    max_items_per_shard: int
    page: float
    page_cpu: float
    page_network: float
    dispatch: float
    dispatch_per_map_run: bool
    max_concurrency: int
    max_items_per_batch: int
    job_threads: int
    object_seconds: float
    object_network: float
    batch_overhead: float
    summary_of_batch: float


@dataclass(frozen=True)
class Simulated:
    """How long the simulated run took, and how many Map Runs and children it had."""

    seconds: float
    map_runs: int
    children: int


def simulate(run: SimulatedRun, seed: int = 1) -> Simulated:
    """Simulate a run to its end; the same seed gives the same run."""
    return _Simulation(run, random.Random(seed)).result()  # noqa: S311 # a simulation needs no secret numbers


class _Simulation:
    def __init__(self, run: SimulatedRun, rng: random.Random) -> None:
        self._run = run
        self._rng = rng
        self._batch_times = [self._batch_time() for _ in range(_BATCH_TIMES)]
        self._events: list[tuple[float, int, Callable[[float], None]]] = []
        self._number = 0
        self._account_dispatch = _Server(1 / run.dispatch)
        self._map_runs = self._children = 0
        self._end = 0.0

    def result(self) -> Simulated:
        run = self._run
        deadline = run.deal_after if run.listers > 1 else float("inf")
        listed, now = self._list(0.0, run.objects, deadline)
        if listed == run.objects:
            self._process(now, listed, run.max_concurrency, self._ended)
        else:
            self._round(now, [listed], run.objects - listed)
        while self._events:
            at, _, happen = heapq.heappop(self._events)
            happen(at)
        return Simulated(self._end + self._children * run.summary_of_batch, self._map_runs, self._children)

    def _at(self, time: float, happen: Callable[[float], None]) -> None:
        self._number += 1
        heapq.heappush(self._events, (time, self._number, happen))

    def _ended(self, now: float) -> None:
        self._end = max(self._end, now)

    def _round(self, now: float, shards: list[int], left: int) -> None:
        """Process the shards of the round before, and let the listers list those of the next one."""
        run = self._run
        quota = min(run.max_items_per_shard, run.growth * sum(shards) // run.listers)
        listed = [min(quota, portion) for portion in self._dealt(left)]
        going_on, ends = len(shards) + sum(map(bool, listed)), now

        def then(ended: float) -> None:
            nonlocal going_on, ends
            going_on, ends = going_on - 1, max(ends, ended)
            if not going_on and (any(listed) or left):
                self._round(ends, [keys for keys in listed if keys], left - sum(listed))
            elif not going_on:
                self._ended(ends)

        for keys in filter(None, listed):
            self._at(self._list(now, keys, float("inf"))[1], then)
        for keys in shards:
            children = max(1, 1 + keys * (run.max_concurrency - len(shards)) // sum(shards))
            self._process(now, keys, children, then)

    def _dealt(self, left: int) -> list[int]:
        """What is left in one portion for each lister; they turn out to be uneven."""
        shape = 1 / _PORTION_SPREAD**2
        sizes = [self._rng.gammavariate(shape, 1 / shape) for _ in range(self._run.listers)]
        ends = [round(left * sum(sizes[: place + 1]) / sum(sizes)) for place in range(len(sizes))]
        return [end - start for start, end in pairwise([0, *ends])]

    def _list(self, start: float, objects: int, deadline: float) -> tuple[int, float]:
        """How many of the objects one lister lists before the deadline, and when it ends."""
        run, shape = self._run, 1 / _PAGE_SPREAD**2
        cpu, network = _Server(run.page_cpu), _Server(run.page_network)
        threads = [start] * run.list_threads
        pages, end = -(-objects // 1_000), start
        for page in range(pages):
            ready = threads[0]
            if ready >= deadline:
                return page * 1_000, end
            end = cpu.serve(network.serve(ready + self._rng.gammavariate(shape, run.page / shape)))
            heapq.heapreplace(threads, end)
        return objects, max(threads[-1], end)

    def _process(self, now: float, objects: int, concurrency: int, then: Callable[[float], None]) -> None:
        """Run a Map Run's children, and call `then` at its end."""
        run = self._run
        batches = -(-objects // run.max_items_per_batch)
        self._map_runs += 1
        self._children += batches
        dispatch = _Server(1 / run.dispatch) if run.dispatch_per_map_run else self._account_dispatch
        waiting, running = batches, 0

        def start(at: float) -> None:
            nonlocal waiting, running
            waiting -= 1
            running += 1
            self._at(dispatch.serve(at) + self._rng.choice(self._batch_times), ended)

        def ended(at: float) -> None:
            nonlocal running
            running -= 1
            if waiting:
                start(at)
            elif not running:
                then(at)

        for _ in range(min(batches, concurrency)):
            start(now)

    def _batch_time(self) -> float:
        """The time of one full batch: each thread takes the next object when it is done."""
        run, shape = self._run, 1 / _OBJECT_SPREAD**2
        objects = min(run.max_items_per_batch, run.objects)
        threads = [0.0] * min(run.job_threads, objects)
        for _ in range(objects):
            heapq.heapreplace(threads, threads[0] + self._rng.gammavariate(shape, run.object_seconds / shape))
        return max(*threads, objects * run.object_network) + self._rng.expovariate(1 / run.batch_overhead)


class _Server:
    """Serves one after another, each for the same time."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._free = 0.0

    def serve(self, at: float) -> float:
        """When the service of what comes `at` a time ends."""
        self._free = max(at, self._free) + self._seconds
        return self._free
