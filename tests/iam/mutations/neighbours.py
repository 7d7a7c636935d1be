"""Resources beside a resource: those that a statement reaches by mistake, if it is a little too wide.

They are written from names, never from a statement's patterns.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

NAME = "mapspan-local"
ACCOUNTS = ("111111111111", "222222222222")
OTHER_ACCOUNT, REGION, OTHER_REGION = "999999999999", "us-east-1", "eu-west-1"
# Another environment's, names that begin like ours, and another team's.
OTHER_NAMES = ("mapspan-local-2", "mapspan-locally", "mapspan-loc", "mapspan-prod", "mapspanner", "another")
_PARTS = re.compile(r"[^:/]+")


def neighbours(resource: str) -> Iterator[str]:
    """Resources of the same type as this one, each with another name, account or Region."""
    if resource == "*":
        return
    yield f"{resource}x"
    yield f"{resource[:-1]}_"
    if NAME in resource:
        yield from (resource.replace(NAME, name) for name in OTHER_NAMES)
    for account in ACCOUNTS:
        if account in resource:
            yield resource.replace(account, OTHER_ACCOUNT)
    yield resource.replace(f":{REGION}:", f":{OTHER_REGION}:")
    *head, rest = resource.split(":", 5)
    # A part of the name, and all that follows it: `function:x`, `bucket/key-lists/x`, `bucket/x`.
    for part in list(_PARTS.finditer(rest))[1:]:
        yield ":".join([*head, f"{rest[: part.start()]}x"])
        yield ":".join([*head, f"{rest[: part.start()]}x{rest[part.end() :]}"])
    for separator in re.finditer("[:/-]", rest):  # `codex/a`, and the rest of the name after each hyphen
        yield ":".join([*head, f"{rest[: separator.start()]}x{rest[separator.start() :]}"])
        if separator[0] == "-":
            yield ":".join([*head, f"{rest[: separator.end()]}x"])
    if ":s3:::" in resource:
        _, slash, key = rest.partition("/")
        yield ":".join([*head, f"another-bucket{slash}{key}"])
