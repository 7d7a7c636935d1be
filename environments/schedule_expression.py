"""When a schedule starts a run: rate(...) and cron(...), as EventBridge Scheduler writes them.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

RATE = re.compile(r"rate\([1-9]\d* (minute|hour|day)s?\)")
CRON = re.compile(r"cron\((.*)\)")


@dataclass(frozen=True)
class Field:
    """One of cron's fields: its numbers, the names that stand for them, and what else may stand there."""

    name: str
    lowest: int
    highest: int
    names: Sequence[str] = ()
    other: str = ""  # a pattern

    def takes(self, text: str) -> bool:
        """Whether the field may say `text`: lists of values, ranges and steps."""
        return all(self._takes_part(part) for part in text.split(","))

    def _takes_part(self, part: str) -> bool:
        if self.other and re.fullmatch(self.other, part):
            return True
        start, _, step = part.partition("/")
        if "/" in part and not re.fullmatch(r"[1-9]\d*", step):
            return False
        if start == "*":
            return True
        bounds = [self._value(bound) for bound in start.split("-", maxsplit=1)]
        return all(self.lowest <= bound <= self.highest for bound in bounds)

    def _value(self, text: str) -> int:
        if text in self.names:
            return self.lowest + self.names.index(text)
        return int(text) if re.fullmatch(r"\d{1,4}", text) else -1


MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
FIELDS = (
    Field("minutes", 0, 59),
    Field("hours", 0, 23),
    Field("day of month", 1, 31, other=r"\?|L|LW|([1-9]|[12]\d|3[01])W"),
    Field("month", 1, 12, names=MONTHS),
    Field("day of week", 1, 7, names=DAYS, other=rf"\?|L|([1-7]|{'|'.join(DAYS)})(L|#[1-5])"),
    Field("year", 1970, 2199),
)


def schedule_expression(value: str) -> str:
    """`value` itself.

    Raises:
        ValueError: it is neither a rate nor a cron expression, with what is wrong and what to do.
    """
    if RATE.fullmatch(value):
        return value
    if value.startswith("rate("):
        raise ValueError("is no rate: write rate(<number> minutes|hours|days), such as rate(1 day)")
    cron = CRON.fullmatch(value)
    if not cron:
        raise ValueError('is no schedule: write a rate such as "rate(1 day)", or a cron such as "cron(0 2 * * ? *)"')
    texts = cron.group(1).split()
    if len(texts) != len(FIELDS):
        names = ", ".join(field.name for field in FIELDS)
        raise ValueError(f"has {len(texts)} fields and not the six that AWS reads: {names}")
    for field, text in zip(FIELDS, texts, strict=True):
        if not field.takes(text):
            raise ValueError(f"says {text} for the {field.name}: from {field.lowest} to {field.highest}, or *")
    if (texts[2] == "?") == (texts[4] == "?"):
        raise ValueError("needs one ?, for the day of month or for the day of week: the other one says the day")
    return value
