"""Names and inputs that can't work are refused before an execution starts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from environments.environment import Environment
from environments.files import load
from environments.select import SelectSettings
from mapspan.checkout import CommandError
from mapspan.running.run_input import check_input, check_name, run_input
from modules.pipeline.workflow.names import INVENTORY, REPLICATION, KeySourceName
from tests.fixtures.run_inputs import ACCEPTED, REFUSED

LOCAL = load("local")


def test_the_input_has_only_the_given_options() -> None:
    assert run_input(LOCAL, prefixes=[], max_keys=None) == {}
    assert run_input(LOCAL, prefixes=["2026/11/", "2026/12/"], max_keys=7) == {
        "prefixes": ["2026/11/", "2026/12/"],
        "max_keys": 7,
    }


@pytest.mark.parametrize(
    ("prefix", "error"),
    [
        ("2025/", 'nothing was started in local: prefixes: "2025/" is outside of what this environment may list'),
        ("2026", 'prefixes: "2026" is outside of what this environment may list: begin it with 2026/'),
        ("", 'prefixes: "" is outside of what this environment may list'),
        ("/2026/", "remove the first slash"),
        ("s3://landing-zone/2026/", "without s3://"),
        ("2026/" + "k" * 1020, "1,024 bytes"),
    ],
)
def test_a_prefix_that_cannot_be_listed_is_refused(prefix: str, error: str) -> None:
    with pytest.raises(CommandError, match=error):
        run_input(LOCAL, prefixes=["2026/11/", prefix], max_keys=None)


@pytest.mark.parametrize(("execution_input", "beginning", "remedy"), REFUSED)
def test_what_a_run_would_refuse_is_refused_before_it_starts(execution_input: Any, beginning: str, remedy: str) -> None:
    with pytest.raises(CommandError) as refused:
        check_input(LOCAL, execution_input)
    assert str(refused.value).startswith(f"nothing was started in local: {beginning}")
    assert remedy in str(refused.value)


@pytest.mark.parametrize("execution_input", ACCEPTED)
def test_what_a_run_would_take_is_accepted(execution_input: dict[str, Any]) -> None:
    check_input(LOCAL, execution_input)


def test_an_environment_without_prefixes_accepts_any_prefix() -> None:
    whole = LOCAL.model_copy(update={"source": LOCAL.source.model_copy(update={"prefixes": ()})})
    assert run_input(whole, prefixes=["anything"], max_keys=None) == {"prefixes": ["anything"]}


@pytest.mark.parametrize("name", ["", "a b", "2026:11", "n" * 81, "größe", "a\n"])
def test_a_name_that_aws_would_refuse_or_could_not_log_is_refused(name: str) -> None:
    with pytest.raises(CommandError, match="1 to 80 of the characters"):
        check_name(name)


def test_an_ordinary_name_is_accepted() -> None:
    check_name("night-of_2026-11-22")


def with_key_source(key_source: KeySourceName) -> Environment:
    return LOCAL.model_copy(update={"key_source": key_source})


def test_an_inventory_is_processed_whole() -> None:
    inventory = with_key_source(INVENTORY)
    assert run_input(inventory, prefixes=[], max_keys=5) == {"max_keys": 5}
    assert run_input(inventory, prefixes=["2026/"], max_keys=None) == {"prefixes": ["2026/"]}
    with pytest.raises(CommandError, match="leave out prefix and prefixes"):
        run_input(inventory, prefixes=["2026/11/"], max_keys=None)


def test_a_replica_is_processed_by_one_prefix() -> None:
    replication = with_key_source(REPLICATION)
    assert run_input(replication, prefixes=["2026/11/"], max_keys=None) == {"prefixes": ["2026/11/"]}
    with pytest.raises(CommandError, match="start a run for each"):
        run_input(replication, prefixes=["2026/11/", "2026/12/"], max_keys=None)


SELECTING = LOCAL.model_copy(update={"select": SelectSettings(min_bytes=10, changed_since="last-success")})


def test_the_whole_input_can_be_given_as_json() -> None:
    selection = {"select": {"min_bytes": 20, "suffixes": [".jpg"]}}
    assert run_input(SELECTING, text=json.dumps(selection)) == selection


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("{", "--input is not JSON"),
        ("[]", r"input: \[\] is not an object"),
        ('{"select": {"min_bytes": 9}}', "select.min_bytes: 9 is wider than the environment's selection"),
    ],
)
def test_an_input_that_a_run_would_refuse_is_refused(text: str, error: str) -> None:
    with pytest.raises(CommandError, match=error):
        run_input(SELECTING, text=text)


def test_an_input_beside_other_choices_is_refused() -> None:
    with pytest.raises(CommandError, match="--input is the whole input"):
        run_input(SELECTING, text="{}", max_keys=1)


def test_everything_is_for_incremental_environments_alone() -> None:
    assert run_input(SELECTING, everything=True) == {"everything": True}
    with pytest.raises(CommandError, match="everything: true is not used here"):
        run_input(LOCAL, everything=True)
