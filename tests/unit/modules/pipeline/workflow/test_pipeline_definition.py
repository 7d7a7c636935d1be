"""Every branch of the pipeline's definition, with its JSONata evaluated as AWS does."""

import dataclasses
from typing import Any

import pytest
from sfnx import testing

from modules.asl.nested_states import nested_states
from modules.asl.query_language import DefinitionError
from modules.pipeline.workflow.key_sources.listing import ListingStates
from modules.pipeline.workflow.names import (
    DONE,
    INVALID_INPUT,
    LEDGER_MISMATCH,
    LIST_OBJECTS,
    NOTHING_TO_PROCESS,
    PROCESS_BATCH,
    PROCESS_OBJECTS,
    RECORD_SUCCESS,
    SUCCESS_RECORDED,
    SUMMARIZE_RUN,
    TOO_MANY_FAILED_OBJECTS,
)
from modules.pipeline.workflow.retriers import RESULTS_REFUSED
from tests.unit.modules.pipeline.workflow.answers import (
    EXECUTION,
    FUNCTION,
    KEY_LIST,
    MAP_RUN,
    REPLICA,
    Functions,
    definition,
    listing,
    summary,
)


def test_results_are_written_only_to_a_bucket_of_the_runs_account() -> None:
    for states in (nested_states(definition()), nested_states(definition(key_source=REPLICA))):
        writers = [state.state["ResultWriter"] for state in states if "ResultWriter" in state.state]
        assert writers
        for writer in writers:
            assert writer["Arguments"]["ExpectedBucketOwner"] == "111111111111"  # type: ignore[index]  # plain JSON


def test_a_run_lists_maps_adds_up_and_returns_where_its_files_are() -> None:
    functions = Functions()
    execution = testing.run(definition(), {}, functions)
    assert execution.output == {
        "ledger": {"listed": 3, "succeeded": 3, "skipped": 0, "failed": 0, "pending": 0},
        "failures": {},
        "skips": {},
        "retry": {"prefix": "key-lists/execution/retry/", "keys": 0},
        "key_list": KEY_LIST,
        "map_runs": [MAP_RUN],
        "run_summary_error": None,
        "seen": 4,
        "looked_from": None,
        "looked_until": None,
    }
    assert functions.payloads(LIST_OBJECTS) == [
        {
            "execution_name": EXECUTION,
            "started_at": "2026-01-01T00:00:00.000Z",
            "redriven_at": None,
            "retries": 0,
            "prefixes": ["2026/11/"],
            "select": [],
            "max_keys": None,
            "changes": None,
            "checkpoint": None,
            "most": None,
            "listers": 1,
        }
    ]
    assert functions.calls[PROCESS_OBJECTS] == [
        {"Bucket": "mapspan-local-runs", "Prefix": KEY_LIST["prefix"], "ExpectedBucketOwner": "111111111111"}
    ]
    assert functions.payloads(PROCESS_BATCH) == [
        {"BatchInput": {"run": EXECUTION}, "Items": [{"Key": "2026/11/0"}, {"Key": "2026/11/1"}], "Child": EXECUTION},
        {"BatchInput": {"run": EXECUTION}, "Items": [{"Key": "2026/11/2"}], "Child": EXECUTION},
    ]
    assert functions.payloads(SUMMARIZE_RUN) == [
        {
            "execution_name": EXECUTION,
            "run": {
                "started": "2026-01-01T00:00:00.000Z",
                "started_by": None,
                "execution_type": "EXPRESS",
                "seen": 4,
                "looked_from": None,
                "looked_until": None,
            },
            "listed": 3,
            "key_list": KEY_LIST,
            "map_runs": [MAP_RUN],
            "checkpoint": None,
        }
    ]


@pytest.mark.parametrize(
    ("execution_input", "prefixes", "max_keys"),
    [
        ({"prefix": "default/2026/11/"}, ["default/2026/11/"], None),
        ({"prefixes": ["default/a/"]}, ["default/a/"], None),
        ({"prefixes": ["default/a/", "default/b/"], "max_keys": 100}, ["default/a/", "default/b/"], 100),
        ({"max_keys": 1}, ["default/", 'quote"back\\slash\u2028line\U0001f600'], 1),
    ],
)
def test_a_run_lists_the_prefixes_of_its_input_or_else_the_environments(
    execution_input: dict[str, object], prefixes: list[str], max_keys: int | None
) -> None:
    functions = Functions()
    testing.run(definition(prefixes=["default/", 'quote"back\\slash\u2028line\U0001f600']), execution_input, functions)
    (payload,) = functions.payloads(LIST_OBJECTS)
    assert (payload["prefixes"], payload["max_keys"]) == (prefixes, max_keys)


def test_an_empty_listing_succeeds_in_a_state_of_its_own_and_starts_nothing() -> None:
    functions = Functions(listings=[listing(0)])
    execution = testing.run(definition(), {}, functions)
    assert execution.states[-1] == NOTHING_TO_PROCESS
    assert execution.output == {
        "ledger": {"listed": 0, "succeeded": 0, "skipped": 0, "failed": 0, "pending": 0},
        "failures": {},
        "skips": {},
        "retry": {"prefix": "key-lists/execution/retry/", "keys": 0},
        "key_list": KEY_LIST,
        "map_runs": [],
        "run_summary_error": None,
        "seen": 1,
        "looked_from": None,
        "looked_until": None,
    }
    assert set(functions.calls) == {LIST_OBJECTS}


def test_the_summary_repeats_with_its_checkpoint_until_none_comes_back() -> None:
    functions = Functions(summaries=[summary(3, lost=2, checkpoint={"file": 1}), summary(3)])
    execution = testing.run(definition(), {}, functions)
    assert execution.states[-1] == DONE
    assert [payload["checkpoint"] for payload in functions.payloads(SUMMARIZE_RUN)] == [None, {"file": 1}]
    assert {payload["listed"] for payload in functions.payloads(SUMMARIZE_RUN)} == {3}


STARTED_BY = "arn:aws:sts::111111111111:assumed-role/Operator/jane"


@pytest.mark.parametrize("run_input", [{}, {"key_list": {"prefix": "key-lists/run1/retry/"}}])
def test_the_summary_says_who_started_the_run(run_input: dict[str, object]) -> None:
    replica = dataclasses.replace(REPLICA, replicated=["2026/"])
    for source in (ListingStates(list_objects_arn="arn:list", prefixes=["2026/"]), replica):
        functions = Functions()
        testing.run(definition(key_source=source), {**run_input, "started_by": STARTED_BY}, functions)
        (payload,) = functions.payloads(SUMMARIZE_RUN)
        run: Any = payload["run"]
        assert run["started_by"] == STARTED_BY


def test_a_summary_that_was_not_written_is_named_in_the_runs_output() -> None:
    functions = Functions(summaries=[summary(3) | {"run_summary_error": "ClientError: denied"}])
    execution = testing.run(definition(), {}, functions)
    assert execution.states[-1] == DONE
    assert execution.output["run_summary_error"] == "ClientError: denied"  # type: ignore[index]  # the run's output


@pytest.mark.parametrize("prefix", ["key-lists/run1/retry/", "key-lists/run1/retry"])
def test_a_given_key_list_is_mapped_without_listing_and_without_its_neighbours(prefix: str) -> None:
    functions = Functions()
    execution = testing.run(definition(), {"key_list": {"prefix": prefix}}, functions)
    assert LIST_OBJECTS not in execution.states
    assert functions.calls[PROCESS_OBJECTS][0]["Prefix"] == "key-lists/run1/retry/"  # type: ignore[index]  # S3's are dicts
    (payload,) = functions.payloads(SUMMARIZE_RUN)
    assert payload["listed"] is None
    assert payload["key_list"] == {"prefix": "key-lists/run1/retry/"}
    assert execution.output["key_list"] == {"prefix": "key-lists/run1/retry/"}  # type: ignore[index]  # the run's output


@pytest.mark.parametrize(
    ("tolerated", "failed", "pending", "ending"),
    [
        ({}, 0, 0, DONE),
        ({}, 1, 0, TOO_MANY_FAILED_OBJECTS),
        ({}, 0, 1, TOO_MANY_FAILED_OBJECTS),
        ({"tolerated_failure_percentage": 0}, 1, 0, TOO_MANY_FAILED_OBJECTS),
        ({"tolerated_failure_percentage": 10}, 6, 4, DONE),
        ({"tolerated_failure_percentage": 10}, 6, 5, TOO_MANY_FAILED_OBJECTS),
        ({"tolerated_failure_percentage": 100}, 100, 0, DONE),
        ({"tolerated_failure_count": 0}, 0, 1, TOO_MANY_FAILED_OBJECTS),
        ({"tolerated_failure_count": 3}, 1, 2, DONE),
        ({"tolerated_failure_count": 3}, 2, 2, TOO_MANY_FAILED_OBJECTS),
    ],
)
def test_the_verdict_counts_failed_and_pending_keys_against_the_tolerance(
    tolerated: dict[str, int], failed: int, pending: int, ending: str
) -> None:
    functions = Functions(summaries=[summary(100, failed=failed, pending=pending)])
    execution = testing.run(definition(**tolerated), {}, functions)
    assert execution.states[-1] == ending


def test_skipped_keys_are_in_the_output_and_do_not_count_against_the_tolerance() -> None:
    functions = Functions(summaries=[summary(100, skipped=99)])
    execution = testing.run(definition(), {}, functions)
    output: Any = execution.output
    assert output["ledger"] == {"listed": 100, "succeeded": 1, "skipped": 99, "failed": 0, "pending": 0}
    assert output["skips"] == {"not a CSV": 99}


def test_too_many_failures_report_how_many_why_and_where_the_keys_to_retry_are() -> None:
    functions = Functions(summaries=[summary(1000, failed=70, pending=2)])
    execution = testing.run(definition(tolerated_failure_percentage=5), {}, functions)
    assert execution.error == TOO_MANY_FAILED_OBJECTS
    assert execution.cause == (
        "70 of 1000 keys failed and 2 are pending; tolerated: 5 percent; "
        'failures: {"AccessDenied":70}; the keys to retry are below key-lists/execution/retry/ in mapspan-local-runs'
    )


def test_a_ledger_that_does_not_balance_fails_whatever_is_tolerated() -> None:
    functions = Functions(summaries=[summary(1000, skipped=8, failed=1, lost=1)])
    execution = testing.run(definition(tolerated_failure_percentage=100), {}, functions)
    assert execution.error == LEDGER_MISMATCH
    assert execution.cause == (
        "the ledger does not add up: listed 1000 is not succeeded 990 + skipped 8 + failed 1 + pending 0; "
        "the results are in s3://mapspan-local-runs/map-runs/execution/"
    )


@pytest.mark.parametrize("error", ["ClientError", "AccessDenied", "NoSuchBucket", "KeyListError"])
def test_an_error_that_no_retry_can_cure_fails_the_run_immediately_with_its_cause(error: str) -> None:
    functions = Functions(listings=[testing.Failure(error, "the bucket says no")])
    execution = testing.run(definition(), {}, functions)
    assert (execution.error, execution.cause) == (error, "the bucket says no")


@pytest.mark.parametrize("error", ["Lambda.TooManyRequestsException", "Lambda.Unknown", "SlowDown", "States.Timeout"])
def test_a_passing_fault_is_retried(error: str) -> None:
    failure = testing.Failure(error, "for a moment")
    functions = Functions(listings=[failure, failure, listing(3)], summaries=[failure, failure, summary(3)])
    assert testing.run(definition(), {}, functions).states[-1] == DONE


def test_a_failed_map_run_stays_redrivable_and_a_tolerance_of_zero_is_written_out() -> None:
    states = definition(tolerated_failure_percentage=0)["States"]
    assert isinstance(states, dict)
    process_objects = states[PROCESS_OBJECTS]
    assert "Retry" not in process_objects
    assert "Catch" not in process_objects
    assert process_objects["ToleratedFailurePercentage"] == 0


def test_every_retry_is_bounded_and_jittered() -> None:
    retriers = [
        retrier
        for nested in nested_states(definition())
        for retrier in nested.state.get("Retry", [])  # type: ignore[attr-defined]  # JSON: a list of dicts
    ]
    assert len(retriers) == 18
    assert RESULTS_REFUSED in retriers
    for retrier in retriers:
        if retrier["MaxAttempts"] == 0:
            continue
        assert retrier["JitterStrategy"] == "FULL"
        assert {"MaxAttempts", "MaxDelaySeconds"} <= set(retrier)


def test_a_batch_whose_results_are_refused_is_not_tried_again() -> None:
    for nested in nested_states(definition()):
        if nested.name == PROCESS_BATCH:
            retriers: list[dict[str, Any]] = nested.state["Retry"]  # type: ignore[assignment]  # JSON
            first = next(one for one in retriers if {"ResultsRefused", "States.ALL"} & set(one["ErrorEquals"]))
            assert first["MaxAttempts"] == 0
            return
    raise AssertionError(PROCESS_BATCH)


def test_a_denied_invocation_fails_within_seconds_and_throttling_is_outlasted() -> None:
    """A denied invocation is a Lambda.AWSLambdaException; throttling lasts until other invocations end."""

    def longest_wait(error: str, retriers: list[dict[str, Any]]) -> float:
        retrier = next(r for r in retriers if error in r["ErrorEquals"])
        waits = (retrier["IntervalSeconds"] * retrier["BackoffRate"] ** n for n in range(retrier["MaxAttempts"]))
        return float(sum(min(wait, retrier["MaxDelaySeconds"]) for wait in waits))

    for nested in nested_states(definition()):
        retriers: list[dict[str, Any]] = nested.state.get("Retry", [])  # type: ignore[assignment]  # JSON
        if ":lambda:invoke" in nested.resource:
            assert longest_wait("Lambda.AWSLambdaException", retriers) < 10
            assert longest_wait("Lambda.TooManyRequestsException", retriers) > 120


def test_all_wrong_values_are_reported_together_by_name() -> None:
    with pytest.raises(DefinitionError) as refusal:
        definition(
            prefixes=[],
            tolerated_failure_percentage=101,
            tolerated_failure_count=1,
            child_timeout_seconds=301,
            max_items_per_batch=0,
            max_concurrency=10_001,
        )
    assert [error.split(":")[0] for error in refusal.value.errors] == [
        "prefixes",
        "tolerated_failure_count",
        "child_timeout_seconds",
        "ItemBatcher.MaxItemsPerBatch",
        "MaxConcurrency",
        "ToleratedFailurePercentage",
    ]


@pytest.mark.parametrize(
    ("replicated", "execution_input", "prefix", "max_keys"),
    [
        (["2026/"], {}, "2026/", 100_000_000),
        ([], {}, "", 100_000_000),
        (["2026/", "2025/"], {}, "", 100_000_000),
        (["2026/"], {"prefix": "2026/11/", "max_keys": 7}, "2026/11/", 7),
    ],
)
def test_the_map_itself_lists_a_replica_below_one_prefix(
    replicated: list[str], execution_input: dict[str, object], prefix: str, max_keys: int
) -> None:
    functions = Functions()
    source = dataclasses.replace(REPLICA, replicated=replicated)
    execution = testing.run(definition(key_source=source), execution_input, functions)
    assert functions.calls[PROCESS_OBJECTS] == [
        {"Bucket": "replica", "Prefix": prefix, "ExpectedBucketOwner": "111111111111"}
    ]
    assert execution.states[-1] == DONE
    (payload,) = functions.payloads(SUMMARIZE_RUN)
    assert (payload["listed"], payload["key_list"]) == (3, None)
    reader = definition(key_source=source)["States"][PROCESS_OBJECTS]["ItemReader"]  # type: ignore[index]  # JSON
    assert (
        testing.value(reader["ReaderConfig"]["MaxItems"], {"max_keys": execution_input.get("max_keys")}, {}) == max_keys
    )


def test_a_run_over_a_replica_takes_one_prefix() -> None:
    execution = testing.run(definition(key_source=REPLICA), {"prefixes": ["2026/11/", "2026/12/"]}, Functions())
    assert execution.error == INVALID_INPUT


INCREMENTAL = ListingStates(
    list_objects_arn=f"{FUNCTION}list-objects", prefixes=["2026/"], select={"min_bytes": 1}, incremental="their-bucket"
)
LOOKED_UNTIL = "2026-03-01T00:00:00Z"


def incremental_run(run_input: dict[str, object], *, keys: int = 3, failed: int = 0) -> tuple[Any, Functions]:
    functions = Functions(
        listings=[listing(keys) | {"looked_until": LOOKED_UNTIL}],
        summaries=[summary(keys, failed=failed), {"recorded": True}],
        keys=keys,
    )
    if not keys:
        functions.summaries = [{"recorded": True}]
    return testing.run(definition(key_source=INCREMENTAL), run_input, functions), functions


@pytest.mark.parametrize(
    ("run_input", "changes"),
    [
        ({}, "changed"),
        ({"started_by": "schedule"}, "changed"),
        ({"everything": True, "started_by": "schedule"}, "everything"),
    ],
)
@pytest.mark.parametrize(("keys", "end"), [(3, DONE), (0, NOTHING_TO_PROCESS)])
def test_the_success_of_an_incremental_run_is_recorded(
    run_input: dict[str, object], changes: str, keys: int, end: str
) -> None:
    execution, functions = incremental_run(run_input, keys=keys)
    assert list(execution.states[-3:]) == [RECORD_SUCCESS, SUCCESS_RECORDED, end]
    assert functions.payloads(LIST_OBJECTS)[0]["changes"] == changes
    assert functions.payloads(RECORD_SUCCESS) == [
        {
            "record_success": {"run": EXECUTION, "looked_until": LOOKED_UNTIL, "prefixes": ["2026/"]},
            "source_bucket": "their-bucket",
        }
    ]
    assert execution.output["looked_until"] == LOOKED_UNTIL
    assert execution.output["seen"] == keys + 1


@pytest.mark.parametrize(
    "run_input",
    [
        {"prefix": "2026/11/"},
        {"prefixes": ["2026/"], "everything": True},
        {"max_keys": 3, "started_by": "schedule"},
        {"select": {"min_bytes": 2}},
    ],
)
def test_a_run_over_a_part_is_not_recorded(run_input: dict[str, object]) -> None:
    for keys in (3, 0):
        execution, _ = incremental_run(run_input, keys=keys)
        assert RECORD_SUCCESS not in execution.states
        assert execution.states[-1] == (DONE if keys else NOTHING_TO_PROCESS)


def test_a_retry_is_not_recorded() -> None:
    execution, _ = incremental_run({"key_list": {"prefix": "key-lists/run1/retry/"}})
    assert execution.states[-1] == DONE
    assert RECORD_SUCCESS not in execution.states
    assert (execution.output["seen"], execution.output["looked_until"]) == (None, None)


def test_a_run_that_the_verdict_failed_is_not_recorded() -> None:
    execution, _ = incremental_run({}, failed=1)
    assert execution.error == TOO_MANY_FAILED_OBJECTS
    assert RECORD_SUCCESS not in execution.states


def test_only_an_incremental_definition_has_states_for_it() -> None:
    states = set(definition()["States"])  # type: ignore[call-overload]  # plain JSON
    assert set(definition(key_source=INCREMENTAL)["States"]) - states == {RECORD_SUCCESS, SUCCESS_RECORDED}  # type: ignore[call-overload]  # plain JSON


def test_the_selections_of_environment_and_input_are_passed_on_together() -> None:
    _, functions = incremental_run({"select": {"suffixes": [".jpg"]}})
    assert functions.payloads(LIST_OBJECTS)[0]["select"] == [{"min_bytes": 1}, {"suffixes": [".jpg"]}]
    replica, functions = dataclasses.replace(REPLICA, select={"min_bytes": 1}), Functions()
    testing.run(definition(key_source=replica), {}, functions)
    batch_input = functions.payloads(PROCESS_BATCH)[0]["BatchInput"]
    assert batch_input == {"run": EXECUTION, "select": [{"min_bytes": 1}], "started_at": "2026-01-01T00:00:00.000Z"}
