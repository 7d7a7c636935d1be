"""A run whose listing is dealt: several listers, each with Map Runs of its own, and one ledger."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator

import pytest

from modules.pipeline.workflow.names import PROCESS_SHARD
from tests.e2e.conftest import Cloud
from tests.e2e.ledgers import all_succeeded, times_in_results

PREFIX, KEYS = "2026/shards/", 5_000


@contextlib.contextmanager
def dealing(cloud: Cloud) -> Iterator[None]:
    """Shards of 1,000 keys, and listings that are dealt after their first pages, until the block ends."""
    name = f"{cloud.deployment.environment.prefix}-list-objects"
    variables = cloud.functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    changed = {**variables, "DEAL_AFTER_SECONDS": "0", "MAX_ITEMS_PER_SHARD": "1000", "KEYS_PER_PART": "250"}
    cloud.functions.update_function_configuration(FunctionName=name, Environment={"Variables": changed})
    try:
        yield
    finally:
        cloud.functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables})


@pytest.fixture(scope="module")
def keys(cloud: Cloud) -> list[str]:
    """What lies below PREFIX."""
    names = [f"{PREFIX}{number:04}" for number in range(KEYS)]
    cloud.put(dict.fromkeys(names, b"x"))
    return names


def test_five_thousand_objects_in_shards_have_one_ledger(cloud: Cloud, keys: list[str]) -> None:
    with dealing(cloud):
        outcome = cloud.run({"prefix": PREFIX})
    assert outcome.status == "SUCCEEDED", outcome
    assert outcome.ledger == all_succeeded(KEYS)
    map_runs = outcome.output["map_runs"]
    assert len(map_runs) >= 4
    assert all(f"/{PROCESS_SHARD}:" in map_run["MapRunArn"] for map_run in map_runs)
    assert times_in_results(cloud, outcome) == Counter(keys)
    listed = Counter(line["Key"] for line in cloud.lines(outcome.output["key_list"]["prefix"]))
    assert listed == Counter(keys)
