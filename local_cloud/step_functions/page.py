"""Pages of a list: `maxResults` and `nextToken`."""

from collections.abc import Sequence
from typing import Any

from local_cloud.step_functions.errors import ApiError

_MAX_RESULTS = 1000


def page(field: str, entries: Sequence[Any], request: dict[str, Any]) -> dict[str, Any]:
    """`{field: the page's entries, "nextToken": …}`. Raises InvalidToken."""
    token = request.get("nextToken") or "0"
    if not token.isdecimal():
        raise ApiError("InvalidToken", f"Invalid Token: '{token}'")
    start = int(token)
    end = start + min(request.get("maxResults") or _MAX_RESULTS, _MAX_RESULTS)
    answer: dict[str, Any] = {field: list(entries[start:end])}
    if end < len(entries):
        answer["nextToken"] = str(end)
    return answer
