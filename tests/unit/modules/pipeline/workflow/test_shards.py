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


def listing_states(**fields: Any) -> ListingStates:
    return ListingStates(list_objects_arn=f"{FUNCTION}list-objects", prefixes=["2026/"], **fields)


def shard(name: str, keys: int) -> dict[str, object]:
    """A step that processes a shard."""
    return {"prefix": f"{KEY_LIST['prefix']}shard-{name}/", "keys": keys, "checkpoint": None}


def lister(where: object) -> dict[str, object]:
    """A step that lists on."""
    return {"prefix": None, "keys": 0, "checkpoint": where}


def in_rounds(keys: int, *steps: dict[str, object]) -> dict[str, object]:
    """The first lister's answer with what is to do in the first round."""
    return listing(keys) | {"shards": list(steps)}


def in_round(keys: int, name: str, *then: object) -> dict[str, object]:
    """A lister's answer in a round. `then` is where it continues."""
    prefix = f"{KEY_LIST['prefix']}shard-{name}/"
    return {"seen": keys + 1, "listed": keys, "prefix": prefix, "checkpoints": list(then)}


def run(functions: Functions, **fields: Any) -> testing.Execution:
    return testing.run(definition(key_source=listing_states(**fields)), {}, functions)


def prefixes_read(functions: Functions) -> list[str]:
    return [read["Prefix"].removeprefix(KEY_LIST["prefix"]) for read in functions.calls[PROCESS_SHARD]]  # type: ignore[index]  # S3's are dicts


def test_a_small_listing_visits_the_states_and_sends_the_requests_that_it_always_did() -> None:
    functions = Functions()
    execution = run(functions)
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
            in_rounds(6, lister({"lister": "0.0"}), lister({"lister": "0.1"}), shard("0", 6)),
            # The first round: one lister is done, the other deals what it has left.
            in_round(3, "0.0", {"lister": "0.0.0"}, {"lister": "0.0.1"}),
            in_round(1, "0.1"),
            # The second.
            in_round(2, "0.0.0"),
            in_round(0, "0.0.1"),
        ],
        summaries=[summary(12)],
    )
    execution = run(functions)
    after_listing = execution.states[execution.states.index(LISTING_FINISHED) :]
    outer = [state for state in after_listing if state not in {PROCESS_SHARD_BATCH, SHARD_LISTED}]
    assert outer == [
        *(LISTING_FINISHED, PROCESS_SHARDS, LIST_SHARD, LIST_SHARD, PROCESS_SHARD),
        *(LISTING_FINISHED, PROCESS_SHARDS, PROCESS_SHARD, PROCESS_SHARD, LIST_SHARD, LIST_SHARD),
        *(LISTING_FINISHED, PROCESS_SHARDS, PROCESS_SHARD),
        *(LISTING_FINISHED, ANYTHING_LISTED, SUMMARIZE_RUN, SUMMARY_FINISHED, ALL_ACCOUNTED_FOR, DONE),
    ]
    assert prefixes_read(functions) == [f"shard-{name}/" for name in ("0", "0.0", "0.1", "0.0.0")]
    payloads = functions.payloads(LIST_SHARD)
    assert [payload["checkpoint"] for payload in payloads] == [
        {"lister": name} for name in ("0.0", "0.1", "0.0.0", "0.0.1")
    ]
    # Four times as many keys as are processed meanwhile, by all listers together.
    assert [(payload["most"], payload["listers"]) for payload in payloads] == [(12, 2), (12, 2), (8, 2), (8, 2)]
    [first] = functions.payloads(LIST_OBJECTS)
    assert (first["checkpoint"], first["most"], first["listers"]) == (None, None, 1)
    for payload in payloads:
        assert {**payload, "checkpoint": None, "most": None, "listers": 1} == first


def test_the_run_adds_up_all_map_runs_and_names_them() -> None:
    functions = Functions(
        listings=[in_rounds(3, lister({"lister": "0"}), shard("0-0", 3)), in_round(3, "0-1")],
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
            in_rounds(0, lister({"lister": "0.0"}), lister({"lister": "0.1"})),
            in_round(0, "0.0", {"lister": "0.0"}),
            in_round(0, "0.1"),
            in_round(0, "0.0"),
        ]
    )
    execution = run(functions)
    assert execution.states[-1] == NOTHING_TO_PROCESS
    output: Any = execution.output
    assert (output["map_runs"], output["seen"], output["ledger"]["listed"]) == ([], 4, 0)
    assert [payload["most"] for payload in functions.payloads(LIST_SHARD)] == [0, 0, 0]


def test_a_long_incremental_listing_without_changes_is_a_recorded_success() -> None:
    functions = Functions(
        listings=[in_rounds(0, lister({"lister": "0"})) | {"looked_until": "2026-03-01T00:00:00Z"}, in_round(0, "0")],
        summaries=[{"recorded": True}],
    )
    execution = run(functions, incremental="their-bucket")
    assert execution.states[-3:] == (RECORD_SUCCESS, SUCCESS_RECORDED, NOTHING_TO_PROCESS)


@pytest.mark.parametrize(
    ("max_concurrency", "keys", "shares"),
    [
        (500, [7], [500]),
        (500, [100, 100, 100, 100], [125, 125, 125, 125]),
        (500, [90_000_000, 1, 2, 3], [496, 1, 1, 1]),
        (16, [30, 10, 10, 10], [7, 3, 3, 3]),
        (4, [30, 10, 10, 10], [1, 1, 1, 1]),
        (1, [5], [1]),
    ],
)
def test_the_shards_of_a_round_share_the_runs_concurrency_by_their_keys(
    max_concurrency: int, keys: list[int], shares: list[int]
) -> None:
    rendered = definition(key_source=listing_states(), max_concurrency=max_concurrency)
    states = {nested.name: nested.state for nested in nested_states(rendered)}
    expression: Any = states[PROCESS_SHARD]["MaxConcurrency"]
    steps = [lister({}), *(shard(str(number), count) for number, count in enumerate(keys)), lister({})]
    variables = {"shards": steps}
    assert [testing.value(expression, variables, {"input": step}) for step in steps[1:-1]] == shares
    assert sum(shares) <= max_concurrency


def test_a_shard_has_the_threshold_of_the_run_and_stays_redrivable() -> None:
    rendered = definition(key_source=listing_states(), tolerated_failure_percentage=5)
    states = {nested.name: nested.state for nested in nested_states(rendered)}
    assert states[PROCESS_SHARD]["ToleratedFailurePercentage"] == 5
    for name in (PROCESS_SHARD, PROCESS_SHARDS):
        assert not {"Retry", "Catch"} & set(states[name])


def test_no_inner_state_assigns_a_variable() -> None:
    """Step Functions refuses an inner assignment to a variable of the outer scope."""
    shards: Any = definition(key_source=listing_states())["States"][PROCESS_SHARDS]  # type: ignore[index]  # plain JSON
    assert not any("Assign" in state for state in shards["ItemProcessor"]["States"].values())


def test_only_a_listing_has_shards() -> None:
    assert PROCESS_SHARDS not in definition(key_source=REPLICA)["States"]  # type: ignore[operator]  # plain JSON
