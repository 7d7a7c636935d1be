"""Pages of a list: `maxResults` and `nextToken`."""

from collections.abc import Sequence
from typing import Any

from local_cloud.step_functions.errors import ApiError

_MOST = 1000


def page(field: str, entries: Sequence[Any], asked: dict[str, Any]) -> dict[str, Any]:
    """`{field: entries of this page, "nextToken": …}`. Raises InvalidToken."""
    token = asked.get("nextToken") or "0"
    if not token.isdecimal():
        raise ApiError("InvalidToken", f"Invalid Token: '{token}'")
    start = int(token)
    end = start + min(asked.get("maxResults") or _MOST, _MOST)
    answer: dict[str, Any] = {field: list(entries[start:end])}
    if end < len(entries):
        answer["nextToken"] = str(end)
    return answer
