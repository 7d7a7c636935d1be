"""The type of MiniStack's handlers, one for each service."""

from collections.abc import Awaitable, Callable

# Status, headers, body. Each response needs headers of its own, since MiniStack adds to them.
Response = tuple[int, dict[str, str], bytes]
# Method, path, headers, body, query.
Handler = Callable[[str, str, dict[str, str], bytes, dict[str, list[str]]], Awaitable[Response]]
