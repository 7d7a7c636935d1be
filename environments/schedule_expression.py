"""Schedule expressions of EventBridge Scheduler: rate(...) and cron(...).

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
    """One field of a cron expression: its lowest and highest number, the names of those numbers, and other values."""

    name: str
    lowest: int
    highest: int
    names: Sequence[str] = ()
    other: str = ""  # a pattern of further values, such as L and ?

    def accepts(self, text: str) -> bool:
        """Whether `text` is a list of valid values, ranges and steps."""
        return all(self._accepts_part(part) for part in text.split(","))

    def _accepts_part(self, part: str) -> bool:
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
    """Return `value` if it is a valid rate or cron expression.

    Raises:
        ValueError: it isn't; the message says what is wrong and what to write.
    """
    if RATE.fullmatch(value):
        return value
    if value.startswith("rate("):
        raise ValueError("is not a rate: write rate(<number> minutes|hours|days), such as rate(1 day)")
    cron = CRON.fullmatch(value)
    if not cron:
        raise ValueError('is not a schedule: write a rate such as "rate(1 day)", or a cron such as "cron(0 2 * * ? *)"')
    texts = cron.group(1).split()
    if len(texts) != len(FIELDS):
        names = ", ".join(field.name for field in FIELDS)
        raise ValueError(f"has {len(texts)} fields, but a cron expression has six: write {names}")
    for field, text in zip(FIELDS, texts, strict=True):
        if not field.accepts(text):
            raise ValueError(
                f"has {text} as its {field.name}: write a number from {field.lowest} to {field.highest}, or *"
            )
    if (texts[2] == "?") == (texts[4] == "?"):
        raise ValueError("must have ? in exactly one of day of month and day of week: write the day in the other")
    return value
