"""What to change before a run: warnings, better batches, and useful concurrency."""

from __future__ import annotations

import math
from dataclasses import dataclass

from environments.environment import EXPRESS_MAX_TIMEOUT_SECONDS, Environment
from mapspan.costs.estimate import Estimate, Workload, account_concurrency, estimate_run
from mapspan.costs.prices import quotas
from modules.asl.execution_type import EXECUTION_TYPES, ExecutionType
from modules.pipeline.workflow.names import LISTING

# A batch ends at 128 KiB of keys: more than a thousand fit only if they are short.
_BATCH_SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000)
_CONCURRENCIES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000)
# A suggestion must bring time or money down to this share of the present; smaller savings aren't worth a change.
_WORTHWHILE = 0.9
# A suggested batch takes at most this share of its time limit.
_SHARE_OF_TIMEOUT = 0.5


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """The environment with other settings of the Map, and the estimate of its run."""

    environment: Environment
    estimate: Estimate


def suggest_batches(environment: Environment, workload: Workload) -> Suggestion | None:
    """The batch size and execution type that save time or money, and don't cost more of the other.

    If several are about equally fast and cheap, the smallest batch: less work is lost when a child fails.
    """
    present = estimate_run(environment, workload)
    candidates = [
        _suggestion(environment, workload, execution_type, size)
        for execution_type in EXECUTION_TYPES
        for size in _BATCH_SIZES
    ]
    candidates = [
        candidate
        for candidate in candidates
        if candidate.estimate.batch_seconds <= _SHARE_OF_TIMEOUT * batch_limit(candidate.environment)
    ]
    if not candidates:
        return None
    best = _smallest_of_the_best(candidates)
    seconds, usd = best.estimate.seconds, best.estimate.usd
    saves = seconds < present.seconds * _WORTHWHILE or usd < present.usd * _WORTHWHILE
    costs_more = seconds > present.seconds / _WORTHWHILE or usd > present.usd / _WORTHWHILE
    too_long = present.batch_seconds > batch_limit(environment)
    return best if too_long or (saves and not costs_more) else None


def warnings(environment: Environment, workload: Workload) -> list[str]:
    """What would fail or slow down the run, one sentence each."""
    estimate, sentences = estimate_run(environment, workload), []
    if environment.key_source != LISTING and workload.batched(environment) > quotas().map_run_items:
        sentences.append(
            f'a Map Run reads at most {quotas().map_run_items:,.0f} keys: set key_source = "listing", which has as many'
            " Map Runs as it needs"
        )
    if estimate.batch_seconds > batch_limit(environment):
        sentences.append(
            f"a batch would take {estimate.batch_seconds:,.0f} s and fail at its limit of"
            f" {batch_limit(environment):,} s: lower map.max_items_per_batch"
        )
    reads_per_second = workload.selected / max(estimate.dispatch.seconds, estimate.processing.seconds, 1)
    if reads_per_second > quotas().s3_gets:
        sentences.append(
            f"the run would read {reads_per_second:,.0f} objects a second, more than the {quotas().s3_gets:,.0f} that"
            " S3 allows at first for each partitioned prefix: unless the keys are spread over several prefixes, S3"
            " answers SlowDown until it has split them"
        )
    if environment.effective_map.max_concurrency > account_concurrency(environment):
        sentences.append(
            f"map.max_concurrency = {environment.map.max_concurrency:,} is more than the"
            f" {account_concurrency(environment):,} instances that Lambda allows by default: request a higher quota"
        )
    return sentences


def useful_concurrency(environment: Environment, workload: Workload) -> int | None:
    """The max_concurrency at which dispatch becomes the limit; None if a higher one would not help."""
    estimate = estimate_run(environment, workload)
    if (
        "map.max_concurrency" not in estimate.processing.bound_by
        or estimate.processing.seconds * _WORTHWHILE < estimate.dispatch.seconds
    ):
        return None
    enough = math.ceil(
        estimate.children * estimate.batch_seconds / max(estimate.dispatch.seconds, estimate.batch_seconds)
    )
    useful = min(enough, estimate.children, account_concurrency(environment))
    return useful if useful * _WORTHWHILE > environment.map.max_concurrency else None


def sufficient_concurrency(environment: Environment, workload: Workload) -> Suggestion | None:
    """The lowest max_concurrency that keeps the speed and saves money; None if there is none.

    Under job.objects_per_second, a child waits before each object, and its function is billed for the wait. Fewer
    children wait less.
    """
    if environment.job.objects_per_second is None:
        return None
    present = estimate_run(environment, workload)
    for concurrency in (size for size in _CONCURRENCIES if size < environment.effective_map.max_concurrency):
        map_settings = environment.map.model_copy(update={"max_concurrency": concurrency})
        changed = environment.model_copy(update={"map": map_settings})
        estimate = estimate_run(changed, workload)
        if estimate.seconds * _WORTHWHILE <= present.seconds and estimate.usd < present.usd * _WORTHWHILE:
            return Suggestion(environment=changed, estimate=estimate)
    return None


def batch_limit(environment: Environment) -> int:
    """The time limit of one batch, in seconds."""
    timeout = environment.job.timeout_seconds
    express = environment.map.execution_type == "EXPRESS"
    return min(timeout, EXPRESS_MAX_TIMEOUT_SECONDS) if express else timeout


def _suggestion(
    environment: Environment, workload: Workload, execution_type: ExecutionType, batch_size: int
) -> Suggestion:
    map_settings = environment.map.model_copy(
        update={"execution_type": execution_type, "max_items_per_batch": batch_size}
    )
    changed = environment.model_copy(update={"map": map_settings})
    return Suggestion(environment=changed, estimate=estimate_run(changed, workload))


def _smallest_of_the_best(candidates: list[Suggestion]) -> Suggestion:
    """Of the fastest candidates the cheapest, and of these the first: `_BATCH_SIZES` grow."""
    fastest = min(candidate.estimate.seconds for candidate in candidates)
    fast = [candidate for candidate in candidates if candidate.estimate.seconds <= fastest / _WORTHWHILE]
    cheapest = min(candidate.estimate.usd for candidate in fast)
    return next(candidate for candidate in fast if candidate.estimate.usd <= cheapest / _WORTHWHILE)
