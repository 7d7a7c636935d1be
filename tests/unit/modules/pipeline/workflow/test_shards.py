"""The states of a listing that is dealt, with their JSONata evaluated as AWS does."""

from typing import Any

import pytest
from sfnx import testing

from modules.asl.nested_states import nested_states
from modules.pipeline.workflow.key_sources.listing import ListingStates
from modules.pipeline.workflow.names import (
    ALL_ACCOUNTED_FOR,
    ANYTHING_LISTED,
    CHECK_INPUT,
    DONE,
    LIST_OBJECTS,
    LIST_SHARD,
    LISTING_FINISHED,
    NOTHING_TO_PROCESS,
    PROCESS_BATCH,
    PROCESS_OBJECTS,
    PROCESS_SHARD,
    PROCESS_SHARDS,
    SHARD_READY,
    SHARDS_PROCESSED,
    SUMMARIZE_RUN,
    SUMMARY_FINISHED,
)
from tests.unit.modules.pipeline.workflow.answers import (
    FUNCTION,
    KEY_LIST,
    REPLICA,
    Functions,
    definition,
    listing,
    summary,
)


def listing_states(listers: int, **fields: Any) -> ListingStates:
    return ListingStates(list_objects_arn=f"{FUNCTION}list-objects", prefixes=["2026/"], listers=listers, **fields)


def shard(name: str, *, listed: int, ready: bool, then: object = None) -> dict[str, object]:
    """A lister's answer; `then` is where it continues."""
    key_list = {"prefix": f"{KEY_LIST['prefix']}shard-{name}/"}
    return {"seen": listed + 1, "listed": listed, "key_list": key_list, "ready": ready, "checkpoint": then}


def dealt(*shards: dict[str, object]) -> dict[str, object]:
    listed = sum(int(str(one["listed"])) for one in shards)
    return listing(listed) | {"shards": list(shards)}


def run(functions: Functions, listers: int = 2, **fields: Any) -> testing.Execution:
    return testing.run(definition(key_source=listing_states(listers, **fields)), {}, functions)


def prefixes_read(functions: Functions) -> list[str]:
    return [read["Prefix"].removeprefix(KEY_LIST["prefix"]) for read in functions.calls[PROCESS_SHARD]]  # type: ignore[index]  # S3's are dicts


def test_a_small_listing_visits_the_states_and_sends_the_requests_that_it_always_did() -> None:
    functions = Functions()
    execution = run(functions, listers=8)
    assert execution.states == (
        CHECK_INPUT,
        LIST_OBJECTS,
        LISTING_FINISHED,
        ANYTHING_LISTED,
        PROCESS_OBJECTS,
        *(PROCESS_BATCH, PROCESS_BATCH),
        SUMMARIZE_RUN,
        SUMMARY_FINISHED,
        ALL_ACCOUNTED_FOR,
        DONE,
    )
    assert {state: len(calls) for state, calls in functions.calls.items()} == {
        LIST_OBJECTS: 1,
        PROCESS_OBJECTS: 1,
        PROCESS_BATCH: 2,
        SUMMARIZE_RUN: 1,
    }


def test_each_lister_lists_and_processes_its_shards_in_turn() -> None:
    functions = Functions(
        listings=[
            dealt(
                shard("000-000", listed=1, ready=False, then={"lister": 0}),
                shard("001-000", listed=1, ready=True),
            ),
            # The first lister needs two invocations for its first shard, which is full then, and one for its second.
            shard("000-000", listed=2, ready=False, then={"lister": 0, "invocation": 2}),
            shard("000-000", listed=3, ready=True, then={"lister": 0, "shard": 1}),
            shard("000-001", listed=6, ready=True),
        ],
        summaries=[summary(7)],
    )
    execution = run(functions)
    inner = [state for state in execution.states if state in (SHARD_READY, LIST_SHARD, PROCESS_SHARD, SHARDS_PROCESSED)]
    assert inner == [
        *(SHARD_READY, LIST_SHARD, SHARD_READY, LIST_SHARD, SHARD_READY, PROCESS_SHARD),
        *(SHARD_READY, LIST_SHARD, SHARD_READY, PROCESS_SHARD, SHARD_READY, SHARDS_PROCESSED),
        *(SHARD_READY, PROCESS_SHARD, SHARD_READY, SHARDS_PROCESSED),
    ]
    assert PROCESS_OBJECTS not in execution.states
    assert prefixes_read(functions) == ["shard-000-000/", "shard-000-001/", "shard-001-000/"]
    payloads = functions.payloads(LIST_SHARD)
    assert [payload["checkpoint"] for payload in payloads] == [
        {"lister": 0},
        {"lister": 0, "invocation": 2},
        {"lister": 0, "shard": 1},
    ]
    [first] = functions.payloads(LIST_OBJECTS)
    for payload in payloads:
        assert {**payload, "checkpoint": None, "result": "listing"} == first
        assert payload["result"] == "shard"


def test_the_run_adds_up_all_map_runs_and_names_them() -> None:
    functions = Functions(
        listings=[
            dealt(*(shard(f"00{n}-000", listed=0, ready=False, then={"lister": n}) for n in range(3))),
            shard("000-000", listed=3, ready=True),
            shard("001-000", listed=0, ready=False),
            shard("002-000", listed=3, ready=True),
        ],
        summaries=[summary(6)],
    )
    output: Any = run(functions).output
    [payload] = functions.payloads(SUMMARIZE_RUN)
    assert (payload["listed"], payload["key_list"], payload["checkpoint"]) == (6, KEY_LIST, None)
    map_runs: Any = payload["map_runs"]
    assert [one["MapRunArn"].partition("/")[2] for one in map_runs] == ["ProcessShard:run", "ProcessShard:run"]
    assert output["map_runs"] == map_runs
    assert (output["seen"], output["ledger"]["listed"]) == (9, 6)


def test_one_full_shard_of_an_undealt_listing_is_enough() -> None:
    functions = Functions(
        listings=[
            dealt(shard("000-000", listed=3, ready=True, then={"shard": 1})),
            shard("000-001", listed=6, ready=True),
        ],
        summaries=[summary(6)],
    )
    output: Any = run(functions, listers=1).output
    assert len(output["map_runs"]) == 2


def test_a_dealt_listing_that_selects_nothing_starts_nothing() -> None:
    functions = Functions(
        listings=[
            dealt(*(shard(f"00{n}-000", listed=0, ready=False, then={"lister": n}) for n in range(2))),
            shard("000-000", listed=0, ready=False),
            shard("001-000", listed=0, ready=False),
        ]
    )
    execution = run(functions)
    assert execution.states[-1] == NOTHING_TO_PROCESS
    output: Any = execution.output
    assert (output["map_runs"], output["seen"], output["ledger"]["listed"]) == ([], 2, 0)


@pytest.mark.parametrize(
    ("max_concurrency", "listers", "shards", "share"),
    [(500, 8, 32, 62), (500, 8, 3, 166), (500, 8, 1, 500), (1000, 1, 1, 1000), (10, 2, 8, 5), (4, 1, 1, 4)],
)
def test_the_shards_of_all_listers_have_the_runs_concurrency_together(
    max_concurrency: int, listers: int, shards: int, share: int
) -> None:
    rendered = definition(key_source=listing_states(listers), max_concurrency=max_concurrency)
    states = {nested.name: nested.state for nested in nested_states(rendered)}
    expression: Any = states[PROCESS_SHARD]["MaxConcurrency"]
    assert testing.value(expression, {"shards": [{}] * shards}, {}) == share
    assert states[PROCESS_SHARDS]["MaxConcurrency"] == listers
    assert share * min(listers, shards) <= max_concurrency


def test_a_shard_has_the_threshold_of_the_run_and_stays_redrivable() -> None:
    rendered = definition(key_source=listing_states(2), tolerated_failure_percentage=5)
    states = {nested.name: nested.state for nested in nested_states(rendered)}
    assert states[PROCESS_SHARD]["ToleratedFailurePercentage"] == 5
    for name in (PROCESS_SHARD, PROCESS_SHARDS):
        assert not {"Retry", "Catch"} & set(states[name])


def test_no_inner_state_assigns_a_variable() -> None:
    """Step Functions refuses an inner assignment to a variable of the outer scope."""
    shards: Any = definition(key_source=listing_states(2))["States"][PROCESS_SHARDS]  # type: ignore[index]  # plain JSON
    assert not any("Assign" in state for state in shards["ItemProcessor"]["States"].values())


def test_only_a_listing_has_shards() -> None:
    assert PROCESS_SHARDS not in definition(key_source=REPLICA)["States"]  # type: ignore[operator]  # plain JSON
