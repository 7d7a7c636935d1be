"""What became of one key, and how all of a batch's outcomes fit into one response."""

from __future__ import annotations

import json
from typing import Any, Literal, NotRequired, TypedDict

# https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html: 256 KiB for a task's result, as UTF-8.
MAX_RESPONSE_BYTES = 256 * 1024
# The longest text around a key and its share: {"Key": , "Outcome": "Succeeded", "Result": , "Note": "FolderMarker"},
_ENVELOPE_BYTES = 80
# Room for the Result that our processor returns, and for an error with a few words of cause.
_SMALLEST_SHARE_BYTES = 128
_LONGEST_NAME = 48


class Item(TypedDict):
    """One line of a key list, a listed object, or a line of an inventory.

    With an ETag the object is read only if it is still that one. `InventoryKey` is the key as it was handed over, where
    it may mean another one than `Key`.
    """

    Key: str
    ETag: NotRequired[str]
    Etag: NotRequired[str]
    InventoryKey: NotRequired[str]
    LastModifiedDate: NotRequired[str]


class Unsettled(TypedDict):
    """What an outcome says of a key that may mean two objects, until it is known which: for the next try."""

    InventoryKey: NotRequired[str]
    ETag: NotRequired[str]


class Succeeded(TypedDict):
    """`Result` is what the processor returned; a folder marker isn't given to it and has an empty one."""

    Key: str
    Outcome: Literal["Succeeded"]
    Result: dict[str, Any]
    Note: NotRequired[Literal["FolderMarker", "EmptyObject"]]


class Failed(Unsettled):
    """`Error` is a name to count by, `Cause` words for a person."""

    Key: str
    Outcome: Literal["Failed"]
    Error: str
    Cause: str


class Pending(Unsettled):
    """Not attempted: the function's deadline was near."""

    Key: str
    Outcome: Literal["Pending"]
    Cause: str


Outcome = Succeeded | Failed | Pending


class BatchTooLarge(Exception):  # noqa: N818 # named as Step Functions shows it
    """So many items that their outcomes could not fit into one response: raised before any is processed."""


def share_of_each(items: list[Item]) -> int:
    """The bytes that each item's Result, or Error and Cause, may take in the response.

    Raises BatchTooLarge where that is too little to say anything.
    """
    keys = sum(json_bytes(item["Key"]) + _ENVELOPE_BYTES for item in items)
    keys += sum(json_bytes(unsettled(item)) for item in items if "InventoryKey" in item)
    share = (MAX_RESPONSE_BYTES - len("[]") - keys) // max(1, len(items))
    if share < _SMALLEST_SHARE_BYTES:
        raise BatchTooLarge(
            f"the outcomes of {len(items)} items can't fit into {MAX_RESPONSE_BYTES} bytes: "
            "set a lower MaxItemsPerBatch or MaxInputBytesPerBatch"
        )
    return share


def fit(outcome: Outcome, share: int) -> Outcome:
    """The outcome within its share: a cause is shortened, a Result that is too large becomes a failure."""
    if outcome["Outcome"] == "Succeeded":
        if (size := json_bytes(outcome["Result"])) <= share:
            return outcome
        outcome = failed(outcome["Key"], "ResultTooLarge", f"{size} bytes; this batch has {share} for each key")
    if outcome["Outcome"] == "Pending":
        return {**outcome, "Cause": shorten(outcome["Cause"], share)}
    return {**outcome, "Cause": shorten(outcome["Cause"], share - json_bytes(outcome["Error"]))}


def unsettled(item: Item) -> Unsettled:
    """What is said of an item as long as it is open which object it means; nothing of all others."""
    if "InventoryKey" not in item:
        return {}
    return {"InventoryKey": item["InventoryKey"], "ETag": item.get("ETag", "")}


def failed(key: str, error: str, cause: str) -> Failed:
    return {"Key": key, "Outcome": "Failed", "Error": error[:_LONGEST_NAME], "Cause": _sayable(cause)}


def json_bytes(value: object) -> int:
    """The UTF-8 length of `value` as JSON. Raises ValueError or TypeError for what JSON can't carry."""
    return len(json.dumps(value, ensure_ascii=False, allow_nan=False).encode())


def shorten(text: str, limit: int) -> str:
    """`text` cut so that, quotes and escapes included, it is at most `limit` bytes of JSON."""
    if json_bytes(text) <= limit:
        return text
    fitting = text[: max(0, limit)]
    while fitting and (excess := json_bytes(fitting + "…") - limit) > 0:
        # A character is at most six bytes of JSON, so this never cuts more than needed.
        fitting = fitting[: -max(1, excess // 6)]
    return fitting + "…"


def _sayable(text: str) -> str:
    """Without lone surrogates, which no UTF-8 can carry."""
    return text.encode("utf-8", "replace").decode()
