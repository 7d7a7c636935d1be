"""Rates and crons that EventBridge Scheduler takes are taken; of the others, a sentence says what is wrong."""

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
def test_what_aws_takes_is_taken(expression: str) -> None:
    assert schedule_expression(expression) == expression


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("daily", "is no schedule: write a rate such as"),
        ("0 2 * * *", "is no schedule"),
        ("rate(0 days)", "is no rate: write rate(<number>"),
        ("rate(1 week)", "is no rate"),
        ("rate(1 day) ", "is no rate"),
        ("cron(0 2 * * *)", "has 5 fields and not the six that AWS reads: minutes, hours"),
        ("cron(60 2 * * ? *)", "says 60 for the minutes: from 0 to 59"),
        ("cron(0 24 * * ? *)", "says 24 for the hours"),
        ("cron(0 2 32 * ? *)", "says 32 for the day of month"),
        ("cron(0 2 0W * ? *)", "says 0W for the day of month"),
        ("cron(0 2 * 13 ? *)", "says 13 for the month"),
        ("cron(0 2 * Juno ? *)", "says Juno for the month"),
        ("cron(0 2 ? * 8 *)", "says 8 for the day of week"),
        ("cron(0 2 ? * FRI#6 *)", "says FRI#6 for the day of week"),
        ("cron(0 2 * * ? 1969)", "says 1969 for the year"),
        ("cron(*/0 2 * * ? *)", "says */0 for the minutes"),
        ("cron(1, 2 * * ? *)", "says 1, for the minutes"),
        ("cron(? 2 * * ? *)", "says ? for the minutes"),
        ("cron(0 2 * * * *)", "needs one ?"),
        ("cron(0 2 ? * ? *)", "needs one ?"),
        ("at(2026-11-22T02:00:00)", "is no schedule"),
    ],
)
def test_what_aws_refuses_is_told(expression: str, words: str) -> None:
    with pytest.raises(ValueError) as raised:  # noqa: PT011 - the words are asserted below
        schedule_expression(expression)
    assert words in str(raised.value)
