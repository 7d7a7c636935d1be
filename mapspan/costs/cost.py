"""The cost of a run, item by item: the same sums for an estimate and for a report."""

from __future__ import annotations

import math
from dataclasses import dataclass

from environments.environment import Environment
from mapspan.costs.prices import prices, rates
from modules.pipeline.workflow.names import LISTING, REPLICATION

# https://aws.amazon.com/step-functions/pricing/: an EXPRESS execution is billed in chunks of memory and time. Ours has
# one state and at most 512 KiB of input and output: we assume that it fits in one chunk of memory.
_CHUNK_GB = 64 / 1024
_CHUNK_SECONDS = 0.1
BETWEEN_REGIONS = "S3: between Regions"
# The pipeline's own states, without a redrive and without the loops of the lister and the summarizer.
_PARENT_TRANSITIONS = 10


@dataclass(frozen=True, kw_only=True)
class Cost:
    """One item of the bill.

    Args:
        quantity: how much was used, in words.
    """

    name: str
    usd: float
    quantity: str


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What a run used, or would use.

    Args:
        seen: objects that the listing looked at.
        listed: keys that the run took from its key source; 0 if it took an existing key list.
        read: objects read, each with one GET.
        written: objects for which the job wrote one, each with one PUT. Only an environment with an output has them.
        gigabytes: the size of the objects read. It costs only between Regions.
        children: child executions started, each of which took `batch_seconds`.
    """

    seen: int
    listed: int
    read: int
    written: int
    gigabytes: float
    children: int
    batch_seconds: float
    listing_seconds: float
    summary_seconds: float


def costs(environment: Environment, usage: Usage) -> list[Cost]:
    """The items of the bill, without logs and storage, which cost little."""
    price = prices()
    batches, source = usage.children * usage.batch_seconds, environment.key_source
    seen, listed = (usage.seen, usage.listed) if source == LISTING else (0, 0)
    functions = {
        "Lambda: listing": (environment.list_objects.memory_mb, usage.listing_seconds, 1 if seen else 0),
        "Lambda: processing": (environment.job.memory_mb, batches, usage.children),
        "Lambda: adding up": (environment.summarize_run.memory_mb, usage.summary_seconds, 1),
    }
    lines = []
    for name, (memory_mb, seconds, invocations) in functions.items():
        gb_seconds = seconds * memory_mb / 1024
        usd = gb_seconds * price.lambda_gb_second + invocations * price.lambda_request
        lines.append(Cost(name=name, usd=usd, quantity=f"{invocations:,} invocations, {gb_seconds:,.0f} GB-seconds"))
    parts = math.ceil(listed / environment.list_objects.keys_per_part)
    pages = math.ceil(seen / 1_000 * rates().list_requests)
    if source == REPLICATION:
        pages = math.ceil(usage.listed / 1_000)  # the Map's own LIST requests; one finds an inventory's delivery
    lines.append(
        Cost(
            name="S3: listing",
            usd=(pages + parts) * price.s3_list_or_put,
            quantity=f"{pages:,} LIST and {parts:,} PUT requests",
        )
    )
    lines.append(Cost(name="S3: reading", usd=usage.read * price.s3_get, quantity=f"{usage.read:,} GET requests"))
    if environment.job.output:
        usd = usage.written * price.s3_list_or_put
        lines.append(Cost(name="S3: writing", usd=usd, quantity=f"{usage.written:,} PUT requests, one for each object"))
    usd = usage.children * price.s3_list_or_put
    lines.append(Cost(name="S3: results", usd=usd, quantity=f"{usage.children:,} PUT requests, one for each batch"))
    lines += _step_functions(environment, usage)
    if environment.source_region != environment.region:
        usd = usage.gigabytes * price.gb_between_regions
        lines.append(Cost(name=BETWEEN_REGIONS, usd=usd, quantity=f"{usage.gigabytes:,.0f} GB"))
    return lines


def _step_functions(environment: Environment, usage: Usage) -> list[Cost]:
    price, express = prices(), environment.map.execution_type == "EXPRESS"
    # Each child is one transition of the Map; a STANDARD child has one of its own, too.
    transitions = usage.children * (1 if express else 2) + _PARENT_TRANSITIONS
    lines = [
        Cost(
            name="Step Functions: state transitions",
            usd=transitions * price.state_transition,
            quantity=f"{transitions:,} transitions",
        )
    ]
    if express:
        chunks = math.ceil(round(usage.batch_seconds / _CHUNK_SECONDS, 6))
        gb_seconds = usage.children * chunks * _CHUNK_SECONDS * _CHUNK_GB
        lines += [
            Cost(
                name="Step Functions: EXPRESS requests",
                usd=usage.children * price.express_request,
                quantity=f"{usage.children:,} requests",
            ),
            Cost(
                name="Step Functions: EXPRESS duration",
                usd=gb_seconds * price.express_gb_second,
                quantity=f"{gb_seconds:,.0f} GB-seconds",
            ),
        ]
    return lines
