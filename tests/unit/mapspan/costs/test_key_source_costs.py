"""What a run costs, and how long it takes to find its keys, follows from its key source."""

from __future__ import annotations

import pytest

from environments.environment import Environment
from environments.files import load
from mapspan.costs.cost import Usage, costs
from mapspan.costs.estimate import Workload, estimate_run
from modules.pipeline.workflow.names import INVENTORY, LISTING, REPLICATION, KeySourceName

TEN_MILLION = Workload(objects=10_000_000, average_bytes=200_000, seconds_per_object=0.05)


def environment(key_source: KeySourceName) -> Environment:
    return load("local").model_copy(update={"key_source": key_source})


def test_the_listing_time_follows_from_the_key_source() -> None:
    seconds = {
        source: estimate_run(environment(source), TEN_MILLION).listing.seconds for source in (INVENTORY, LISTING)
    }
    assert seconds[INVENTORY] == 0 < seconds[LISTING]
    # docs/key-sources.md: 85 ms a page of 1,000 keys, one page after another.
    replica = estimate_run(environment(REPLICATION), TEN_MILLION).listing
    assert replica.seconds == pytest.approx(14 * 60, rel=0.05)
    assert "one page after another" in replica.bound_by


@pytest.mark.parametrize(("key_source", "requests"), [(LISTING, 10_200), (INVENTORY, 0), (REPLICATION, 10_000)])
def test_only_a_listing_pays_for_a_lister(key_source: KeySourceName, requests: int) -> None:
    usage = Usage(
        seen=10_000_000,
        listed=10_000_000,
        read=0,
        written=0,
        gigabytes=0,
        children=0,
        batch_seconds=0,
        listing_seconds=0,
        summary_seconds=0,
    )
    lines = {cost.name: cost for cost in costs(environment(key_source), usage)}
    assert lines["S3: listing"].quantity.startswith(f"{requests:,} LIST")
    assert lines["Lambda: listing"].quantity.startswith("1 " if key_source == LISTING else "0 ")
