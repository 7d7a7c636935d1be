"""A run's input is checked first, by the definition and by the command line alike."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sfnx import testing

from local_cloud.step_functions.errors import StateFailure
from modules.pipeline.workflow.definition import pipeline_definition
from modules.pipeline.workflow.input_rules import input_rules, refusal
from modules.pipeline.workflow.key_sources import KeySourceStates
from modules.pipeline.workflow.key_sources.inventory import InventoryStates
from modules.pipeline.workflow.key_sources.listing import ListingStates
from modules.pipeline.workflow.key_sources.replication import ReplicationStates
from modules.pipeline.workflow.names import (
    CHECK_INPUT,
    FIND_DELIVERIES,
    FIND_KEY_LIST,
    INVALID_INPUT,
    INVENTORY,
    KEY_LIST_FOUND,
    LIST_OBJECTS,
    LISTING,
    PROCESS_OBJECTS,
    REPLICATION,
    KeySourceName,
)
from tests import asl_validators
from tests.asl_validators.validators import NODE
from tests.fixtures.run_inputs import (
    ACCEPTED,
    ACCEPTED_SELECTIONS,
    ALLOWED,
    REFUSED,
    REFUSED_SELECTIONS,
    SELECT,
)
from tests.fixtures.step_functions import Bench

ACCOUNT = "111111111111"
STOPPED = "arn:aws:states:::lambda:invoke"
NAMES: tuple[KeySourceName, ...] = (LISTING, INVENTORY, REPLICATION)


def key_source(name: KeySourceName, allowed: Sequence[str] = ALLOWED) -> KeySourceStates:
    if name == LISTING:
        return ListingStates(list_objects_arn="arn:list", prefixes=allowed or ("",))
    if name == INVENTORY:
        prefix = next(iter(allowed), "")
        return InventoryStates(bucket="b", account_id=ACCOUNT, base="x/y/", prefix=prefix, max_age_hours=48)
    return ReplicationStates(bucket="b", account_id=ACCOUNT, replicated=allowed)


def definition(source: KeySourceStates) -> dict[str, Any]:
    return pipeline_definition(
        key_source=source,
        process_objects_arn="arn:process",
        summarize_run_arn="arn:summarize",
        runs_bucket="runs",
        runs_account_id=ACCOUNT,
        execution_type="EXPRESS",
        max_concurrency=1,
        max_items_per_batch=10,
        child_timeout_seconds=60,
    )


DEFINITIONS: dict[KeySourceName, dict[str, Any]] = {name: definition(key_source(name)) for name in NAMES}
OF_A_KEY_SOURCE: list[tuple[KeySourceName, dict[str, Any], str]] = [
    (INVENTORY, {"prefix": "2026/11/"}, 'prefix: "2026/11/" is a part of an inventory, and a run takes all of it'),
    (INVENTORY, {"prefixes": ["2026/", "2026/1"]}, 'prefixes: "2026/1" is a part of an inventory'),
    (REPLICATION, {"prefixes": ["2026/1", "2026/2"]}, 'prefixes: ["2026/1","2026/2"] are several'),
]
RULES = {name: input_rules(name, allowed=ALLOWED) for name in NAMES}
# A listing whose environment selects objects, and whose runs are incremental.
SELECTING = definition(
    ListingStates(list_objects_arn="arn:list", prefixes=ALLOWED, select=SELECT, incremental="their-bucket")
)
SELECTING_RULES = input_rules(LISTING, allowed=ALLOWED, select=SELECT, incremental=True)


def ending(scratch: Path, run_definition: dict[str, Any], run_input: Any) -> tuple[str, list[str]]:
    """The cause of a run's end, and the states that it entered. Its first Task or Map ends it with "went on"."""

    def stop(_arguments: object) -> object:
        raise StateFailure("Stopped", "went on")

    states = run_definition["States"]
    # The Map is a Task here: no test lets it read.
    bench = Bench(
        scratch, {**states, PROCESS_OBJECTS: {"Type": "Task", "Resource": STOPPED, "Next": "Done"}}, answer=stop
    )
    bench.scope["QueryLanguage"] = "JSONata"
    with pytest.raises(StateFailure) as end:
        bench.run(run_input)
    entered = [
        event["stateEnteredEventDetails"]["name"] for event in bench.history.events if "Entered" in event["type"]
    ]
    return end.value.cause, entered


@pytest.mark.parametrize(("run_input", "beginning", "remedy"), REFUSED)
def test_a_wrong_input_ends_in_one_sentence_and_processes_nothing(
    tmp_path: Path, run_input: Any, beginning: str, remedy: str
) -> None:
    cause, entered = ending(tmp_path, DEFINITIONS[LISTING], run_input)
    assert entered == [CHECK_INPUT, INVALID_INPUT]
    assert cause.startswith(beginning)
    assert remedy in cause
    assert cause == refusal(run_input, RULES[LISTING])


@pytest.mark.parametrize("run_input", ACCEPTED)
def test_a_right_input_goes_on(tmp_path: Path, run_input: dict[str, Any]) -> None:
    cause, entered = ending(tmp_path, DEFINITIONS[LISTING], run_input)
    assert cause == "went on"
    assert entered == [CHECK_INPUT, FIND_KEY_LIST if "key_list" in run_input else LIST_OBJECTS]
    assert refusal(run_input, RULES[LISTING]) is None


@pytest.mark.parametrize(("run_input", "beginning", "remedy"), REFUSED_SELECTIONS)
def test_a_selection_that_is_wrong_or_wider_is_refused(
    tmp_path: Path, run_input: Any, beginning: str, remedy: str
) -> None:
    cause, entered = ending(tmp_path, SELECTING, run_input)
    assert entered == [CHECK_INPUT, INVALID_INPUT]
    assert cause.startswith(beginning)
    assert remedy in cause
    assert cause == refusal(run_input, SELECTING_RULES)


@pytest.mark.parametrize("run_input", ACCEPTED_SELECTIONS)
def test_a_narrower_selection_goes_on(tmp_path: Path, run_input: dict[str, Any]) -> None:
    cause, _ = ending(tmp_path, SELECTING, run_input)
    assert cause == "went on"
    assert refusal(run_input, SELECTING_RULES) is None


def test_every_key_source_has_the_rules_of_the_listing_first() -> None:
    """So the table above, which runs over the listing alone, holds for all."""
    listing = [rule.choice() for rule in RULES[LISTING]]
    for name in NAMES:
        assert DEFINITIONS[name]["StartAt"] == CHECK_INPUT
        assert DEFINITIONS[name]["States"][CHECK_INPUT]["Choices"][: len(listing)] == listing


def test_the_reference_implementation_of_jsonata_refuses_the_same_inputs_with_the_same_causes() -> None:
    table = [*(run_input for run_input, *_ in REFUSED), *ACCEPTED]
    inputs = {LISTING: table, **{name: [run_input for _, run_input, _ in OF_A_KEY_SOURCE] for name in NAMES[1:]}}
    choices = {name: DEFINITIONS[name]["States"][CHECK_INPUT]["Choices"] for name in NAMES}
    selections = [*(run_input for run_input, *_ in REFUSED_SELECTIONS), *ACCEPTED_SELECTIONS]
    tables = [{"choices": choices[name], "inputs": inputs[name]} for name in NAMES]
    tables.append({"choices": SELECTING["States"][CHECK_INPUT]["Choices"], "inputs": selections})
    chosen = subprocess.run(  # noqa: S603 - our own script, with our own definition
        [NODE, Path(asl_validators.__file__).with_name("choose.mjs")],
        input=json.dumps(tables),
        capture_output=True,
        text=True,
        check=True,
    )
    refusals = [[refusal(run_input, RULES[name]) for run_input in inputs[name]] for name in NAMES]
    refusals.append([refusal(run_input, SELECTING_RULES) for run_input in selections])
    assert json.loads(chosen.stdout) == refusals


@pytest.mark.parametrize("name", NAMES)
def test_any_prefix_may_be_listed_where_none_is_named(tmp_path: Path, name: KeySourceName) -> None:
    prefixes = [""] if name == INVENTORY else ["", "any where/"]
    for prefix in prefixes:
        for allowed in ((), ("",)):
            assert refusal({"prefix": prefix}, input_rules(name, allowed=allowed)) is None
        assert ending(tmp_path, definition(key_source(name, ())), {"prefix": prefix})[0] == "went on"


def test_a_prefix_with_quotes_and_slashes_is_compared_as_it_is(tmp_path: Path) -> None:
    quoted = definition(key_source(LISTING, ("a/", 'b"\\/')))
    assert ending(tmp_path, quoted, {"prefixes": ['b"\\/c', "a/b"]})[0] == "went on"
    assert 'begin it with a/ or b"\\/' in ending(tmp_path, quoted, {"prefix": 'b"'})[0]


@pytest.mark.parametrize(("name", "run_input", "beginning"), OF_A_KEY_SOURCE)
def test_an_inventory_is_taken_whole_and_a_replica_by_one_prefix(
    tmp_path: Path, name: KeySourceName, run_input: dict[str, Any], beginning: str
) -> None:
    cause, entered = ending(tmp_path, DEFINITIONS[name], run_input)
    assert entered == [CHECK_INPUT, INVALID_INPUT]
    assert cause.startswith(beginning)
    assert cause == refusal(run_input, RULES[name])


def test_the_number_of_keys_is_whole_even_if_json_has_it_with_a_fraction_of_zero() -> None:
    expression = DEFINITIONS[LISTING]["States"][CHECK_INPUT]["Assign"]["max_keys"]
    assert repr(testing.value(expression, {}, {"input": {"max_keys": 10.0}})) == "10"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("contents", [{}, {"Contents": []}])
def test_a_key_list_that_does_not_exist_is_an_error_and_not_an_empty_run(
    name: KeySourceName, contents: dict[str, Any]
) -> None:
    def no_object(call: testing.Call) -> object:
        assert call.arguments == {
            "Bucket": "runs",
            "Prefix": "key-lists/a/rettry/",
            "MaxKeys": 1,
            "ExpectedBucketOwner": ACCOUNT,
        }
        return {"KeyCount": 0, **contents}

    execution = testing.run(DEFINITIONS[name], {"key_list": {"prefix": "key-lists/a/rettry"}}, no_object)
    assert execution.states == (CHECK_INPUT, FIND_KEY_LIST, KEY_LIST_FOUND, INVALID_INPUT)
    assert (execution.error, execution.cause) == (
        INVALID_INPUT,
        'key_list.prefix: "key-lists/a/rettry/" does not exist in runs: write the retry.prefix or the'
        " key_list.prefix of a run's output",
    )


def test_the_check_costs_a_run_no_state(tmp_path: Path) -> None:
    first_states = {LISTING: LIST_OBJECTS, INVENTORY: FIND_DELIVERIES, REPLICATION: PROCESS_OBJECTS}
    for name in NAMES:
        first = first_states[name]
        assert ending(tmp_path, DEFINITIONS[name], {}) == ("went on", [CHECK_INPUT, first])
