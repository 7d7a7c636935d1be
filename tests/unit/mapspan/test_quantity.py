"""People write 10M and 200KB; what is neither is told in a sentence."""

from __future__ import annotations

import pytest

from mapspan import quantity


@pytest.mark.parametrize(
    ("text", "number"),
    [("250", 250), ("10,000", 10_000), ("1_000", 1_000), ("50k", 50_000), ("10M", 10_000_000), ("1.1M", 1_100_000)],
)
def test_counts(text: str, number: int) -> None:
    assert quantity.count(text) == number


@pytest.mark.parametrize(
    ("text", "number"),
    [("4096", 4_096), ("200KB", 200_000), ("200 kb", 200_000), ("1.5MB", 1_500_000), ("2GiB", 2 * 2**30)],
)
def test_sizes(text: str, number: int) -> None:
    assert quantity.byte_count(text) == number


@pytest.mark.parametrize("text", ["", "ten", "-5", "10X", "0.5", "1e6", "10MB"])
def test_what_is_no_count_is_said_with_examples(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a number of objects: write 250, 10,000, 50k, 10M"):
        quantity.count(text)


@pytest.mark.parametrize("text", ["", "big", "200XB", "10M"])
def test_what_is_no_size_is_said_with_examples(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a size: write 4096, 200KB"):
        quantity.byte_count(text)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.44, "0.4 s"), (41, "41 s"), (119, "119 s"), (720, "12.0 min"), (100_000, "27.8 h"), (300_000, "3.5 days")],
)
def test_times_as_people_say_them(seconds: float, shown: str) -> None:
    assert quantity.shown_seconds(seconds) == shown


def test_money_never_reads_as_nothing_when_it_is_something() -> None:
    shown = [quantity.shown_usd(dollars) for dollars in (0, 0.00001, 0.0004, 0.5, 1234.5)]
    assert shown == ["$0.00", "< $0.0001", "$0.0004", "$0.50", "$1,234.50"]


def test_counts_where_there_is_little_room() -> None:
    assert [quantity.shown_count(number) for number in (7, 9_999, 12_345, 1_250_000)] == ["7", "9,999", "12.3k", "1.2M"]
