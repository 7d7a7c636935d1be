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
    PROCESS_SHARD_BATCH,
    PROCESS_SHARDS,
    RECORD_SUCCESS,
    SHARD_LISTED,
    SUCCESS_RECORDED,
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


def shard(name: str) -> dict[str, object]:
    """A step that processes a shard."""
    return {"prefix": f"{KEY_LIST['prefix']}shard-{name}/", "checkpoint": None}


def lister(where: object) -> dict[str, object]:
    """A step that lists on."""
    return {"prefix": None, "checkpoint": where}


def in_rounds(keys: int, *steps: dict[str, object]) -> dict[str, object]:
    """The first lister's answer with what is to do in the first round."""
    return listing(keys) | {"shards": list(steps)}


def in_round(keys: int, *written: str, then: object = None) -> dict[str, object]:
    """A lister's answer in a round."""
    prefixes = [f"{KEY_LIST['prefix']}shard-{name}/" for name in written]
    return {"seen": keys + 1, "listed": keys, "written": prefixes, "checkpoint": then}


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


def test_a_round_processes_the_shards_of_the_round_before_while_listers_list_on() -> None:
    functions = Functions(
        listings=[
            in_rounds(6, shard("000-000"), shard("000-001"), lister({"lister": 0}), lister({"lister": 1})),
            # The first round: one lister is done, the other goes on, and both wrote to one shard.
            in_round(3, "001-000", "001-001", then={"lister": 0, "round": 2}),
            in_round(1, "001-000"),
            # The second.
            in_round(2, "002-000"),
        ],
        summaries=[summary(12)],
    )
    execution = run(functions)
    after_listing = execution.states[execution.states.index(LISTING_FINISHED) :]
    outer = [state for state in after_listing if state not in {PROCESS_SHARD_BATCH, SHARD_LISTED}]
    assert outer == [
        *(LISTING_FINISHED, PROCESS_SHARDS, PROCESS_SHARD, PROCESS_SHARD, LIST_SHARD, LIST_SHARD),
        *(LISTING_FINISHED, PROCESS_SHARDS, PROCESS_SHARD, PROCESS_SHARD, LIST_SHARD),
        *(LISTING_FINISHED, PROCESS_SHARDS, PROCESS_SHARD),
        *(LISTING_FINISHED, ANYTHING_LISTED, SUMMARIZE_RUN, SUMMARY_FINISHED, ALL_ACCOUNTED_FOR, DONE),
    ]
    assert prefixes_read(functions) == [
        f"shard-{name}/" for name in ("000-000", "000-001", "001-000", "001-001", "002-000")
    ]
    payloads = functions.payloads(LIST_SHARD)
    assert [payload["checkpoint"] for payload in payloads] == [
        {"lister": 0},
        {"lister": 1},
        {"lister": 0, "round": 2},
    ]
    # Four times as many keys as are processed meanwhile, by all listers together.
    assert [payload["most"] for payload in payloads] == [12, 12, 16]
    [first] = functions.payloads(LIST_OBJECTS)
    assert (first["result"], first["most"]) == ("listing", None)
    for payload in payloads:
        assert {**payload, "checkpoint": None, "result": "listing", "most": None} == first
        assert payload["result"] == "shard"


def test_the_run_adds_up_all_map_runs_and_names_them() -> None:
    functions = Functions(
        listings=[in_rounds(3, shard("000-000"), lister({"lister": 0})), in_round(3, "001-000")],
        summaries=[summary(6)],
    )
    output: Any = run(functions).output
    [payload] = functions.payloads(SUMMARIZE_RUN)
    assert (payload["listed"], payload["key_list"], payload["checkpoint"]) == (6, KEY_LIST, None)
    map_runs: Any = payload["map_runs"]
    assert [one["MapRunArn"].partition("/")[2] for one in map_runs] == ["ProcessShard:run", "ProcessShard:run"]
    assert output["map_runs"] == map_runs
    assert (output["seen"], output["ledger"]["listed"]) == (8, 6)


def test_a_long_listing_that_selects_nothing_starts_nothing() -> None:
    functions = Functions(
        listings=[
            in_rounds(0, lister({"lister": 0}), lister({"lister": 1})),
            in_round(0, then={"lister": 0, "round": 2}),
            in_round(0),
            in_round(0),
        ]
    )
    execution = run(functions)
    assert execution.states[-1] == NOTHING_TO_PROCESS
    output: Any = execution.output
    assert (output["map_runs"], output["seen"], output["ledger"]["listed"]) == ([], 4, 0)


def test_a_long_incremental_listing_without_changes_is_a_recorded_success() -> None:
    functions = Functions(
        listings=[in_rounds(0, lister({"lister": 0})) | {"looked_until": "2026-03-01T00:00:00Z"}, in_round(0)],
        summaries=[{"recorded": True}],
    )
    execution = run(functions, incremental="their-bucket")
    assert execution.states[-3:] == (RECORD_SUCCESS, SUCCESS_RECORDED, NOTHING_TO_PROCESS)


@pytest.mark.parametrize(
    ("max_concurrency", "shards", "share"), [(500, 8, 62), (500, 3, 166), (500, 1, 500), (10, 3, 3), (4, 4, 1)]
)
def test_the_shards_of_a_round_have_the_runs_concurrency_together(
    max_concurrency: int, shards: int, share: int
) -> None:
    rendered = definition(key_source=listing_states(8), max_concurrency=max_concurrency)
    states = {nested.name: nested.state for nested in nested_states(rendered)}
    expression: Any = states[PROCESS_SHARD]["MaxConcurrency"]
    steps = [*([shard("a")] * shards), lister({}), lister({})]
    assert testing.value(expression, {"shards": steps}, {}) == share
    assert share * shards <= max_concurrency
    assert states[PROCESS_SHARDS]["MaxConcurrency"] == 16


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
