"""Rates and crons that EventBridge Scheduler accepts are valid; for all others, an error says what is wrong."""

from __future__ import annotations

import pytest

from environments.schedule_expression import schedule_expression


@pytest.mark.parametrize(
    "expression",
    [
        "rate(1 day)",
        "rate(12 hours)",
        "rate(30 minutes)",
        "cron(0 2 * * ? *)",
        "cron(15 10 ? * MON-FRI *)",
        "cron(0/15 8-18/2 ? * 2,4,6 2026-2030)",
        "cron(0 8 1 JAN,JUL ? *)",
        "cron(0 18 LW * ? *)",
        "cron(0 9 3W * ? *)",
        "cron(0 10 ? * 6L 2026)",
        "cron(0 10 ? * FRI#3 *)",
    ],
)
def test_an_expression_that_aws_accepts_is_valid(expression: str) -> None:
    assert schedule_expression(expression) == expression


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("daily", "is not a schedule: write a rate such as"),
        ("0 2 * * *", "is not a schedule"),
        ("rate(0 days)", "is not a rate: write rate(<number>"),
        ("rate(1 week)", "is not a rate"),
        ("rate(1 day) ", "is not a rate"),
        ("cron(0 2 * * *)", "has 5 fields, but a cron expression has six: write minutes, hours"),
        ("cron(60 2 * * ? *)", "has 60 as its minutes: write a number from 0 to 59"),
        ("cron(0 24 * * ? *)", "has 24 as its hours"),
        ("cron(0 2 32 * ? *)", "has 32 as its day of month"),
        ("cron(0 2 0W * ? *)", "has 0W as its day of month"),
        ("cron(0 2 * 13 ? *)", "has 13 as its month"),
        ("cron(0 2 * Juno ? *)", "has Juno as its month"),
        ("cron(0 2 ? * 8 *)", "has 8 as its day of week"),
        ("cron(0 2 ? * FRI#6 *)", "has FRI#6 as its day of week"),
        ("cron(0 2 * * ? 1969)", "has 1969 as its year"),
        ("cron(*/0 2 * * ? *)", "has */0 as its minutes"),
        ("cron(1, 2 * * ? *)", "has 1, as its minutes"),
        ("cron(? 2 * * ? *)", "has ? as its minutes"),
        ("cron(0 2 * * * *)", "must have ? in exactly one"),
        ("cron(0 2 ? * ? *)", "must have ? in exactly one"),
        ("at(2026-11-22T02:00:00)", "is not a schedule"),
    ],
)
def test_an_expression_that_aws_refuses_is_an_error(expression: str, words: str) -> None:
    with pytest.raises(ValueError) as raised:  # noqa: PT011 - the words are asserted below
        schedule_expression(expression)
    assert words in str(raised.value)
