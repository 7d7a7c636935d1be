"""Input that AWS or the environment's permissions would refuse is refused before anything starts."""

from __future__ import annotations

import pytest

from environments.files import load
from mapspan.checkout import CommandError
from mapspan.running.run_input import check_name, run_input

LOCAL = load("local")


def test_the_input_holds_what_was_asked_for_and_no_more() -> None:
    assert run_input(LOCAL, prefixes=[], max_items=None) == {}
    assert run_input(LOCAL, prefixes=["2026/11/", "2026/12/"], max_items=7) == {
        "prefixes": ["2026/11/", "2026/12/"],
        "max_keys": 7,
    }


@pytest.mark.parametrize(
    ("prefix", "said"),
    [
        ("2025/", "local may only list what begins with 2026/"),
        ("2026", "local may only list what begins with 2026/"),
        ("", "local may only list what begins with 2026/"),
        ("/2026/", "take it away"),
        ("s3://landing-zone/2026/", "without s3://"),
        ("2026/" + "k" * 1020, "1,024 bytes"),
    ],
)
def test_a_prefix_that_could_not_be_listed_is_refused(prefix: str, said: str) -> None:
    with pytest.raises(CommandError, match=said):
        run_input(LOCAL, prefixes=["2026/11/", prefix], max_items=None)


def test_an_environment_without_prefixes_takes_any() -> None:
    whole = LOCAL.model_copy(update={"source": LOCAL.source.model_copy(update={"prefixes": ()})})
    assert run_input(whole, prefixes=["anything"], max_items=None) == {"prefixes": ["anything"]}


@pytest.mark.parametrize("name", ["", "a b", "2026:11", "n" * 81, "größe", "a\n"])
def test_a_name_that_aws_would_refuse_or_could_not_log_is_refused(name: str) -> None:
    with pytest.raises(CommandError, match="1 to 80 of the characters"):
        check_name(name)


def test_an_ordinary_name_is_taken() -> None:
    check_name("night-of_2026-11-22")
