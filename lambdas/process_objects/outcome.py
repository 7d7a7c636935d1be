"""The outcome of each key."""

from __future__ import annotations

import json
from bisect import bisect_right
from typing import TYPE_CHECKING, Any, Literal, NotRequired, TypedDict

if TYPE_CHECKING:
    from lambdas.shared.child_input import Item

_LONGEST_ERROR = 48
_LONGEST_REASON = 128
# In bytes of JSON: as much as a log line has of it, which has at most 256 KB.
# https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-advanced.html
LONGEST_CAUSE = 16 * 1024


class InventoryFields(TypedDict):
    """The fields that let a retry resolve an ambiguous inventory key; empty for any other key."""

    InventoryKey: NotRequired[str]
    ETag: NotRequired[str]


class Succeeded(TypedDict):
    """`Result` is what the job returned; empty for a folder marker, which isn't processed."""

    Key: str
    Outcome: Literal["Succeeded"]
    Result: dict[str, Any]
    Note: NotRequired[Literal["FolderMarker", "EmptyObject"]]


class Skipped(TypedDict):
    """The job raised Skip: the object needs no work. `Reason` is at most 128 characters."""

    Key: str
    Outcome: Literal["Skipped"]
    Reason: str


class Failed(InventoryFields):
    """`Error` is a name to count by, at most 48 characters; `Cause` is a sentence for a person, at most 16 KiB.

    `RequestId` is Lambda's, by which the log of the invocation is found.
    """

    Key: str
    Outcome: Literal["Failed"]
    Error: str
    Cause: str
    RequestId: NotRequired[str]


class Pending(InventoryFields):
    """Not attempted, because the function's deadline was near."""

    Key: str
    Outcome: Literal["Pending"]
    Cause: str


Outcome = Succeeded | Skipped | Failed | Pending


def inventory_fields(item: Item) -> InventoryFields:
    if "InventoryKey" not in item:
        return {}
    return {"InventoryKey": item["InventoryKey"], "ETag": item.get("ETag", "")}


def failed(key: str, error: str, cause: str) -> Failed:
    return {
        "Key": key,
        "Outcome": "Failed",
        "Error": error[:_LONGEST_ERROR],
        "Cause": shorten(_encodable(cause), LONGEST_CAUSE),
    }


def skipped(key: str, reason: str) -> Skipped:
    return {"Key": key, "Outcome": "Skipped", "Reason": _encodable(reason)[:_LONGEST_REASON]}


def json_bytes(value: object) -> int:
    """The UTF-8 length of `value` as JSON. Raises ValueError or TypeError for a value that JSON can't represent."""
    return len(json.dumps(value, ensure_ascii=False, allow_nan=False).encode())


def shorten(text: str, limit: int) -> str:
    """`text` without its middle, so that with quotes and escapes it is at most `limit` bytes of JSON.

    Both ends say what matters: an AccessDenied begins with who was refused and ends with the resource. Empty if the
    limit is too short for anything.
    """
    if json_bytes(text) <= limit:
        return text
    lengths = range(max(0, min(limit, len(text))))
    fitting = bisect_right(lengths, limit, key=lambda kept: json_bytes(_ends(text, kept)))
    return _ends(text, fitting - 1) if fitting else ""


def _ends(text: str, kept: int) -> str:
    """The text with this many characters of its beginning and its end."""
    end = kept // 2
    return f"{text[: kept - end]}…{text[len(text) - end :]}"


def _encodable(text: str) -> str:
    """Without lone surrogates, which UTF-8 can't encode."""
    return text.encode("utf-8", "replace").decode()
