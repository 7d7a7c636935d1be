"""What a finished run cost, from what it did, and what a retry of its keys will cost."""

from __future__ import annotations

import math

from environments.environment import Environment
from lambdas.summarize_run.ledger import Ledger, recorded_keys
from mapspan.costs.cost import Cost, Usage, costs
from mapspan.results.finished_run import FinishedRun
from mapspan.results.run_results import RunResults


def run_costs(environment: Environment, run: FinishedRun, results: RunResults) -> list[Cost]:
    """The costs as `mapspan estimate` calculates them, with the longest times that the functions can have run."""
    return costs(_environment_of(run, environment), _usage(run, results.ledger, results.size_bytes))


def retry_costs(
    environment: Environment, run: FinishedRun, ledger: Ledger, *, keys: int, size_bytes: int = 0
) -> list[Cost] | None:
    """The costs of a retry of `keys` keys of `run`, each of which takes as long as the run's keys took.

    `size_bytes`: the size of the run's objects. None if the run tried no key, or nobody knows which.
    """
    tried = recorded_keys(ledger) - ledger["pending"]
    if not tried or not keys:
        return None
    measured, share = _usage(run, ledger, size_bytes), keys / tried
    children = math.ceil(keys / environment.effective_map.max_items_per_batch)
    usage = Usage(
        seen=0,
        listed=0,
        read=keys,
        written=keys,
        gigabytes=measured.gigabytes * keys / max(1, measured.written),
        children=children,
        batch_seconds=measured.children * measured.batch_seconds * share / children,
        listing_seconds=0,
        summary_seconds=measured.summary_seconds * share,
    )
    return costs(environment, usage)


def _environment_of(run: FinishedRun, environment: Environment) -> Environment:
    """The environment as the run had it, as far as its definition shows it; the functions' sizes are today's."""
    map_settings = environment.map.model_copy(update={"execution_type": run.definition.execution_type})
    return environment.model_copy(update={"key_source": run.definition.key_source, "map": map_settings})


def _usage(run: FinishedRun, ledger: Ledger, size_bytes: int) -> Usage:
    map_run, read_key_source = run.map_run, run.given_key_list is None
    if map_run is None:
        children, batch_seconds, listing_seconds, summary_seconds = 0, 0.0, run.seconds, 0.0
    else:
        stopped = map_run.stopped or run.stopped
        children = map_run.children
        concurrency = min(map_run.max_concurrency or children, children)
        batch_seconds = (stopped - map_run.started).total_seconds() * concurrency / max(1, children)
        listing_seconds = (map_run.started - run.started).total_seconds()
        summary_seconds = max(0.0, (run.stopped - stopped).total_seconds())
    listed = ledger["listed"] if read_key_source else 0
    return Usage(
        seen=run.output.get("seen") or listed,
        listed=listed,
        read=recorded_keys(ledger) - ledger["pending"],
        written=ledger["succeeded"],
        gigabytes=size_bytes / 1e9,
        children=children,
        batch_seconds=batch_seconds,
        listing_seconds=listing_seconds if read_key_source and run.has_listing else 0.0,
        summary_seconds=summary_seconds,
    )
