"""Numbers, sizes, durations and money: what people may write, and what they read."""

from __future__ import annotations

import pytest

from mapspan import quantity


@pytest.mark.parametrize(
    ("text", "number"),
    [("250", 250), ("10,000", 10_000), ("1_000", 1_000), ("50k", 50_000), ("10M", 10_000_000), ("1.1M", 1_100_000)],
)
def test_a_count_may_have_separators_and_a_unit(text: str, number: int) -> None:
    assert quantity.parse_count(text) == number


@pytest.mark.parametrize(
    ("text", "number"),
    [("4096", 4_096), ("200KB", 200_000), ("200 kb", 200_000), ("1.5MB", 1_500_000), ("2GiB", 2 * 2**30)],
)
def test_a_size_may_have_a_decimal_or_a_binary_unit(text: str, number: int) -> None:
    assert quantity.parse_bytes(text) == number


@pytest.mark.parametrize("text", ["", "ten", "-5", "10X", "0.5", "1e6", "10MB"])
def test_a_wrong_count_is_refused_with_examples(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a number of objects: write 250, 10,000, 50k, 10M"):
        quantity.parse_count(text)


@pytest.mark.parametrize("text", ["", "big", "200XB", "10M"])
def test_a_wrong_size_is_refused_with_examples(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a size: write 4096, 200KB"):
        quantity.parse_bytes(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.44, "0.4 s"),
        (2.0, "2 s"),
        (9.97, "10 s"),
        (41, "41 s"),
        (59.7, "1 min 00 s"),
        (125, "2 min 05 s"),
        (7_260, "2 h 01 min"),
        (86_399, "23 h 59 min"),
        (100_080, "1 d 03 h"),
    ],
)
def test_a_duration_has_two_units_at_most(seconds: float, text: str) -> None:
    assert quantity.format_duration(seconds) == text


def test_an_amount_above_zero_never_reads_as_zero() -> None:
    amounts = [quantity.format_usd(dollars) for dollars in (0, 0.00001, 0.0004, 0.5, 1234.5)]
    assert amounts == ["$0.00", "< $0.0001", "$0.0004", "$0.50", "$1,234.50"]


def test_a_short_count_has_about_three_digits() -> None:
    counts = [quantity.format_short_count(number) for number in (7, 9_999, 12_345, 1_250_000)]
    assert counts == ["7", "9,999", "12.3k", "1.2M"]
