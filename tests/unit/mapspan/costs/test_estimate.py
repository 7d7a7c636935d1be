"""Estimates, compared with cases computed by hand and with the measurements of the benchmarks."""

from __future__ import annotations

import dataclasses
import json
import re
from typing import Any

import pytest
from typer.testing import CliRunner

from environments.environment import Environment
from environments.files import load
from mapspan.checkout import ROOT
from mapspan.costs.advice import sufficient_concurrency, suggest_batches, useful_concurrency, warnings
from mapspan.costs.estimate import Workload, estimate_run, listing_rate
from mapspan.costs.prices import prices, rates
from mapspan.main import commands
from modules.pipeline.workflow.names import REPLICATION
from tests import ENVIRONMENTS

TEN_MILLION = Workload(objects=10_000_000, average_bytes=200_000, seconds_per_object=0.05)


def environment(*, source_region: str | None = None, process: dict[str, Any] | None = None, **map_: Any) -> Environment:
    return Environment.model_validate_json(
        json.dumps(
            {
                "name": "example",
                "region": "us-east-1",
                "target": {"account_id": "111111111111"},
                "source": {
                    "account_id": "222222222222",
                    "bucket": "landing-zone",
                    "prefixes": [],
                    "region": source_region,
                },
                "state_backend": {"type": "local"},
                "log_retention_days": 1,
                "tags": {},
                "map": {"max_items_per_batch": 100, **map_},
                "job": process or {},
            }
        )
    )


def usd(env: Environment, workload: Workload, name: str) -> float:
    return sum(cost.usd for cost in estimate_run(env, workload).costs if cost.name.startswith(name))


def test_ten_million_unbatched_standard_children_take_a_day_and_hundreds_of_dollars() -> None:
    env = environment(execution_type="STANDARD", max_items_per_batch=1, max_concurrency=1_000)
    estimate = estimate_run(env, TEN_MILLION)
    assert estimate.children == 10_000_000
    assert estimate.dispatch.seconds == 100_000  # 27.8 hours
    assert estimate.seconds > 27.7 * 3_600
    assert estimate.longest.bound_by == "100 STANDARD children a second"
    # $250 for the children's own transitions, and $250 for the Map's transitions that start them.
    assert usd(env, TEN_MILLION, "Step Functions: state transitions") == pytest.approx(500, rel=1e-4)


def test_batches_of_a_hundred_in_express_children_are_dispatched_in_100_seconds_for_cents() -> None:
    env = environment(execution_type="EXPRESS", max_items_per_batch=100, max_concurrency=1_000)
    estimate = estimate_run(env, TEN_MILLION)
    assert (estimate.children, estimate.dispatch.seconds) == (100_000, 100)
    assert usd(env, TEN_MILLION, "Step Functions: EXPRESS requests") == pytest.approx(0.10)
    # By hand: 100 objects on 16 threads are 7 rounds of 0.05 s, and 0.03 s around them: 4 chunks of 0.1 s and 64 MB.
    assert estimate.batch_seconds == pytest.approx(0.38)
    assert usd(env, TEN_MILLION, "Step Functions: EXPRESS duration") == pytest.approx(1e5 * 0.4 / 16 * 0.00001667)
    assert usd(env, TEN_MILLION, "Lambda: processing") == pytest.approx(1e5 * (0.38 * 0.00001667 + 0.0000002))
    assert usd(env, TEN_MILLION, "S3: reading") == pytest.approx(4.0)


def test_the_map_takes_as_long_as_the_slower_of_dispatch_and_processing() -> None:
    # As many as one lister lists before it deals: listing, processing and adding up follow each other.
    estimate = estimate_run(environment(max_concurrency=10), dataclasses.replace(TEN_MILLION, objects=1_000_000))
    assert estimate.processing.seconds == pytest.approx(10_000 / 10 * 0.38)
    assert estimate.seconds == pytest.approx(
        estimate.listing.seconds + estimate.processing.seconds + estimate.summary.seconds
    )
    assert estimate.longest.bound_by == "map.max_concurrency = 10"


def test_large_objects_are_limited_by_the_network() -> None:
    large = Workload(objects=100_000, average_bytes=50_000_000, seconds_per_object=0.05)
    estimate = estimate_run(environment(max_concurrency=100), large)
    assert estimate.batch_seconds == pytest.approx(100 * 50e6 / 75e6 + 0.03)
    assert estimate.longest.bound_by == "map.max_concurrency = 100, and the network of one function"


def test_lambdas_quota_is_the_limit_if_max_concurrency_is_higher() -> None:
    env = environment(max_concurrency=5_000)
    slow = Workload(objects=10_000_000, average_bytes=1, seconds_per_object=5)
    assert estimate_run(env, slow).longest.bound_by == "Lambda's 1,000 instances"
    assert any(
        "map.max_concurrency = 5,000 is more than the 1,000 instances" in warning for warning in warnings(env, slow)
    )


@pytest.mark.parametrize(("threads", "at_least", "at_most"), [(1, 10 * 60, 17 * 60), (16, 50, 75)])
def test_ten_million_keys_are_listed_in_about_a_minute_with_16_threads(
    threads: int, at_least: float, at_most: float
) -> None:
    rate, _ = listing_rate(threads, 1_769)
    assert at_least <= 10_000_000 / rate <= at_most


def test_the_listing_rate_agrees_with_the_benchmarks() -> None:
    table = (ROOT / "benchmarks" / "README.md").read_text()
    row = re.search(r"^\| uniform, 60 ms \| [\d,]+ \| [\d,]+ \| ([\d,]{5,}) \| ([\d,]{6,}) ", table, re.M)
    assert row, "benchmarks/README.md has no keys per second with 1 and 16 threads"
    one, sixteen = (float(figure.replace(",", "")) for figure in row.groups())
    rate, _ = listing_rate(1, 10_240, page_seconds=0.06)
    assert rate == pytest.approx(one, rel=0.15)
    # Not computed for 16 threads: a function's network would be the limit, and loopback has no such limit.
    assert 16 * rate * rates().list_efficiency == pytest.approx(sixteen, rel=0.15)


def test_reading_from_another_region_costs() -> None:
    assert usd(environment(), TEN_MILLION, "S3: between Regions") == 0
    assert usd(environment(source_region="eu-west-1"), TEN_MILLION, "S3: between Regions") == pytest.approx(
        40_000 / 1e3
    )


def test_writing_an_object_for_each_costs_only_with_an_output() -> None:
    assert usd(environment(), TEN_MILLION, "S3: writing") == 0
    assert usd(environment(process={"output": {}}), TEN_MILLION, "S3: writing") == pytest.approx(50)


def test_a_rate_is_the_limit_and_its_waits_cost() -> None:
    env = environment(process={"objects_per_second": 50}, max_concurrency=100)
    estimate = estimate_run(env, Workload(objects=100_000, average_bytes=1, seconds_per_object=0.05))
    # By hand: 50 children with batches of 10 objects, one each second.
    assert estimate.children == 10_000
    assert estimate.batch_seconds == pytest.approx(10.03)
    assert estimate.processing.seconds == pytest.approx(100_000 / 50 * 1.003)
    assert estimate.longest.bound_by == "job.objects_per_second = 50"
    assert usd(env, Workload(objects=100_000, average_bytes=1, seconds_per_object=0.05), "Lambda: processing") > 1.6


def test_a_concurrency_that_a_rate_lowered_is_named_after_the_rate() -> None:
    slow = Workload(objects=100_000, average_bytes=1, seconds_per_object=60)
    env = environment(process={"objects_per_second": 50}, max_concurrency=100)
    assert estimate_run(env, slow).longest.bound_by == "job.objects_per_second = 50"
    faster = environment(process={"objects_per_second": 500}, max_concurrency=100)
    assert estimate_run(faster, slow).longest.bound_by == "map.max_concurrency = 100"


def test_fewer_children_are_suggested_if_they_keep_to_the_same_rate_for_less() -> None:
    workload = Workload(objects=100_000, average_bytes=1, seconds_per_object=0.05)
    env = environment(process={"objects_per_second": 50}, max_concurrency=100)
    suggestion = sufficient_concurrency(env, workload)
    assert suggestion
    assert suggestion.environment.map.max_concurrency == 1
    assert suggestion.estimate.usd < 0.2 * estimate_run(env, workload).usd
    assert sufficient_concurrency(environment(max_concurrency=100), workload) is None, "no rate, no waits"


def test_express_children_with_large_batches_are_suggested() -> None:
    unbatched = environment(execution_type="STANDARD", max_items_per_batch=1, max_concurrency=500)
    suggestion = suggest_batches(unbatched, TEN_MILLION)
    assert suggestion
    assert suggestion.environment.map.execution_type == "EXPRESS"
    assert suggestion.environment.map.max_items_per_batch >= 100
    assert suggestion.estimate.usd < 10
    assert suggest_batches(suggestion.environment, TEN_MILLION) is None, "nothing is better than a suggestion"


def test_a_batch_that_would_time_out_is_a_warning_and_a_smaller_one_is_suggested() -> None:
    slow = Workload(objects=1_000, average_bytes=1, seconds_per_object=60)
    env = environment(process={"timeout_seconds": 240})
    assert any("a batch would take 420 s and fail at its limit of 240 s" in warning for warning in warnings(env, slow))
    suggestion = suggest_batches(env, slow)
    assert suggestion
    assert suggestion.environment.map.max_items_per_batch <= 32


def test_more_keys_than_a_map_run_reads_are_a_warning_where_one_map_run_reads_them_all() -> None:
    huge = Workload(objects=100_000_001, average_bytes=1, seconds_per_object=0)
    replica = environment().model_copy(update={"key_source": REPLICATION})
    assert any("at most 100,000,000 keys" in warning for warning in warnings(replica, huge))
    assert not any("100,000,000" in warning for warning in warnings(environment(), huge))


def test_a_long_listing_is_processed_while_it_goes_on() -> None:
    env = environment(max_concurrency=500, max_items_per_batch=500)
    estimate = estimate_run(env, Workload(objects=100_000_000, average_bytes=1, seconds_per_object=0.05))
    # By hand: 150,000 keys a second for 20 s by one lister, then by four, four times as many keys as are processed
    # meanwhile: 500 functions take 1.63 s for batches of 500: 153,374 keys a second, and the last batch is alone.
    listed = [3e6, 12e6, 48e6, 37e6]
    seconds = [20, max(20, 3e6 / 153_374 + 1.63), max(80, 12e6 / 153_374 + 1.63), 48e6 / 153_374 + 1.63]
    seconds.append(37e6 / 153_374 + 1.63)
    assert sum(listed) == 100_000_000
    assert estimate.map_runs == 1 + 4 + 4 + 4
    assert estimate.seconds == pytest.approx(sum(seconds) + estimate.summary.seconds, rel=1e-3)
    assert estimate.listing.seconds == pytest.approx(20 + 97e6 / 600_000)


def test_a_hundred_million_objects_take_twenty_minutes_at_most_and_a_billion_are_one_run() -> None:
    """In the prod environment, and for a third of what S3 Batch Operations costs."""
    env = load("prod", ENVIRONMENTS)
    assert estimate_run(env, Workload(objects=10**8, average_bytes=100_000, seconds_per_object=0.05)).seconds <= 1_200
    billion = Workload(objects=10**9, average_bytes=100_000, seconds_per_object=0.05)
    assert not any("Map Run" in warning for warning in warnings(env, billion)), "no advice to split the run"
    costs = {cost.name: cost.usd for cost in estimate_run(env, billion).costs}
    own = costs["Lambda: processing"] + costs["S3: reading"]  # the job's seconds, and its GETs
    assert sum(costs.values()) - own <= (1_000 * 1.00 + 0.25) / 3


def test_both_readings_of_the_rate_at_which_children_start_are_shown() -> None:
    env = environment(max_concurrency=1_000, max_items_per_batch=10)
    estimate = estimate_run(env, Workload(objects=100_000_000, average_bytes=1, seconds_per_object=0.001))
    assert estimate.seconds > 1.5 * estimate.seconds_by_map_run
    small = estimate_run(env, Workload(objects=10_000, average_bytes=1, seconds_per_object=0.001))
    assert (small.map_runs, small.seconds) == (1, small.seconds_by_map_run)


def test_one_lister_alone_goes_on_in_rounds_only_where_its_function_ends() -> None:
    env = environment()
    alone = env.model_copy(update={"list_objects": env.list_objects.model_copy(update={"listers": 1})})
    in_time = Workload(objects=120_000_000, average_bytes=1, seconds_per_object=0)
    longer = Workload(objects=130_000_000, average_bytes=1, seconds_per_object=0)
    assert estimate_run(alone, Workload(objects=99_000_000, average_bytes=1, seconds_per_object=0)).map_runs == 1
    assert estimate_run(alone, in_time).map_runs == 2, "a Map Run reads 100 M keys"
    assert estimate_run(alone, longer).map_runs == 2


def test_more_concurrency_is_suggested_only_where_it_helps() -> None:
    # 100,000 batches of 0.38 s in the 100 s of their dispatch.
    assert useful_concurrency(environment(max_concurrency=10), TEN_MILLION) == 380
    assert useful_concurrency(environment(max_concurrency=380), TEN_MILLION) is None


def test_every_figure_has_its_source_and_date() -> None:
    assert prices().state_transition == 0.000025
    entries = re.findall(r"^\[(?:prices|quotas|rates)\.\w+\]\n((?:\w+ = .+\n)+)", _file(), re.M)
    assert len(entries) > 20
    for entry in entries:
        assert re.findall(r"^(\w+) = ", entry, re.M) == ["value", "unit", "date", "page"]


def _file() -> str:
    return (ROOT / "mapspan" / "costs" / "prices.toml").read_text() + "\n"


def test_the_command_prints_one_json_object() -> None:
    done = CliRunner().invoke(commands, ["estimate", "prod", "--objects", "10M", "--average-size", "200KB", "--json"])
    assert done.exit_code == 0, done.output
    figures = json.loads(done.output)
    assert figures["objects"] == 10_000_000
    assert figures["usd"] == pytest.approx(sum(cost["usd"] for cost in figures["costs"]), abs=1e-3)


def test_the_command_shows_the_limit_and_the_cost() -> None:
    done = CliRunner().invoke(commands, ["estimate", "prod", "--objects", "10M"])
    assert "The longest stage is processing, limited by map.max_concurrency = 500." in done.output
    assert "5 Map Runs. AWS doesn't say" in done.output
    assert re.search(r"^total +\$\d+\.\d\d", done.output, re.M)
