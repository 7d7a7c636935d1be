"""What a run costs, by what is paid for: the same sums for an estimate and for a report."""

from __future__ import annotations

import math
from dataclasses import dataclass

from environments.environment import Environment
from mapspan.costs.prices import prices, rates

# https://aws.amazon.com/step-functions/pricing/: what an EXPRESS execution uses is billed in such chunks; ours, with
# one state and at most 384 KiB of input and output, is taken to fit one.
_CHUNK_GB = 64 / 1024
_CHUNK_SECONDS = 0.1
# The pipeline's own states, a redrive and some loops of the lister and the summarizer aside.
_PARENT_TRANSITIONS = 10


@dataclass(frozen=True, kw_only=True)
class Cost:
    """One thing that is paid for.

    Args:
        quantity: how much of it, in words.
    """

    name: str
    usd: float
    quantity: str


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What a run used or would use.

    Args:
        listed: keys found by this run, from its key source; 0 for one that took an existing key list.
        read: objects read, each by one GET.
        gigabytes: of the objects read; counts only between Regions.
        children: child executions started, each with `batch_seconds`.
    """

    listed: int
    read: int
    gigabytes: float
    children: int
    batch_seconds: float
    listing_seconds: float
    summary_seconds: float


def costs(environment: Environment, used: Usage) -> list[Cost]:
    """Every line of the bill that is worth one; logs and storage aren't."""
    price = prices()
    batches, source = used.children * used.batch_seconds, environment.key_source
    listed = used.listed if source == "listing" else 0
    functions = {
        "Lambda: listing": (environment.list_objects.memory_mb, used.listing_seconds, 1 if listed else 0),
        "Lambda: processing": (environment.process_objects.memory_mb, batches, used.children),
        "Lambda: adding up": (environment.summarize_run.memory_mb, used.summary_seconds, 1),
    }
    lines = []
    for name, (memory_mb, seconds, invocations) in functions.items():
        gb_seconds = seconds * memory_mb / 1024
        usd = gb_seconds * price.lambda_gb_second + invocations * price.lambda_request
        lines.append(Cost(name=name, usd=usd, quantity=f"{invocations:,} invocations, {gb_seconds:,.0f} GB-seconds"))
    parts = math.ceil(listed / environment.list_objects.keys_per_part)
    pages = math.ceil(listed / 1_000 * rates().list_requests)
    if source == "replication":
        pages = math.ceil(used.listed / 1_000)  # the Map's own; an inventory's deliveries are listed with one
    lines.append(
        Cost(
            name="S3: listing",
            usd=(pages + parts) * price.s3_list_or_put,
            quantity=f"{pages:,} LIST and {parts:,} PUT requests",
        )
    )
    lines.append(Cost(name="S3: reading", usd=used.read * price.s3_get, quantity=f"{used.read:,} GET requests"))
    lines += _step_functions(environment, used)
    if environment.source_region != environment.region:
        usd = used.gigabytes * price.gb_between_regions
        lines.append(Cost(name="S3: between Regions", usd=usd, quantity=f"{used.gigabytes:,.0f} GB"))
    return lines


def _step_functions(environment: Environment, used: Usage) -> list[Cost]:
    price, express = prices(), environment.map.execution_type == "EXPRESS"
    # Each child is a transition of the Map; a STANDARD child has one of its own, too.
    transitions = used.children * (1 if express else 2) + _PARENT_TRANSITIONS
    lines = [
        Cost(
            name="Step Functions: state transitions",
            usd=transitions * price.state_transition,
            quantity=f"{transitions:,} transitions",
        )
    ]
    if express:
        chunks = math.ceil(round(used.batch_seconds / _CHUNK_SECONDS, 6))
        gb_seconds = used.children * chunks * _CHUNK_SECONDS * _CHUNK_GB
        lines += [
            Cost(
                name="Step Functions: EXPRESS requests",
                usd=used.children * price.express_request,
                quantity=f"{used.children:,} requests",
            ),
            Cost(
                name="Step Functions: EXPRESS duration",
                usd=gb_seconds * price.express_gb_second,
                quantity=f"{gb_seconds:,.0f} GB-seconds",
            ),
        ]
    return lines
