"""Attempts at one invocation of a lister: which of them counts, by the names of what they write.

Step Functions can't end an invocation. One that it gave up may go on beside the attempt that took its place, and may
even begin after it. So each attempt writes under a name of its own, and the latest one that was begun counts.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# `<place><attempt><rest>`: the attempt as `attempt_name` writes it, without the request.
_NAME = re.compile(r"(.*-)(\d{8}T\d{6}\.\d{3}-\d{2})-")


def attempt_name(*, begun_at: str, retries: int, request_id: str) -> str:
    """The name of an attempt. Names of later attempts sort after it, those of earlier runs of the same name before it.

    `begun_at`: when the execution was started or last redriven, ISO 8601; `retries`: the Task's so far.
    https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html
    """
    begun = datetime.fromisoformat(begun_at).astimezone(UTC)
    return f"{begun:%Y%m%dT%H%M%S}.{begun.microsecond // 1000:03d}-{retries:02d}-{request_id}"


def of_latest_attempts(keys: Iterable[str]) -> Iterator[str]:
    """Those of the sorted keys that no later attempt at the same invocation has replaced."""
    latest: dict[str, tuple[str, list[str]]] = {}
    for key in keys:
        found = _NAME.match(key)
        place, attempt = found.groups() if found else (key, "")
        if place not in latest or latest[place][0] < attempt:
            latest[place] = attempt, []
        if latest[place][0] == attempt:
            latest[place][1].append(key)
    for _, own in latest.values():
        yield from own
