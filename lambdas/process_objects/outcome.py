"""The outcome of each key, and how the outcomes of a batch fit into one response."""

from __future__ import annotations

import json
from bisect import bisect_right
from typing import TYPE_CHECKING, Any, Literal, NotRequired, TypedDict

if TYPE_CHECKING:
    from lambdas.shared.child_input import Item

# https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html: 256 KiB for a task's result, as UTF-8.
MAX_RESPONSE_BYTES = 256 * 1024
# The longest text around a key and its Result: {"Key": , "Outcome": "Succeeded", "Result": , "Note": "FolderMarker"},
ENVELOPE_BYTES = 80
# Room for the Result of the job that we deliver, and for an error with a short cause and the request id.
SMALLEST_SHARE_BYTES = 128
_LONGEST_ERROR = 48
_LONGEST_REASON = 128


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
    """`Error` is a name to count by, at most 48 characters; `Cause` is a sentence for a person.

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


class BatchTooLarge(Exception):  # noqa: N818 # named as Step Functions shows it
    """The outcomes of this many items can't fit into one response. Raised before any item is processed."""


def share_per_item(items: list[Item]) -> int:
    """How many bytes each item's Result may take in the response. An Error, a Cause and a RequestId take about as many.

    Raises BatchTooLarge if it is less than 128.
    """
    keys = sum(json_bytes(item["Key"]) + ENVELOPE_BYTES for item in items)
    keys += sum(json_bytes(inventory_fields(item)) for item in items if "InventoryKey" in item)
    share = (MAX_RESPONSE_BYTES - len("[]") - keys) // max(1, len(items))
    if share < SMALLEST_SHARE_BYTES:
        raise BatchTooLarge(
            f"the outcomes of {len(items)} items can't fit into {MAX_RESPONSE_BYTES} bytes: "
            "set a lower MaxItemsPerBatch or MaxInputBytesPerBatch"
        )
    return share


def refuse_large_result(outcome: Outcome, share: int) -> Outcome:
    """The outcome; a failure if its Result is larger than its share."""
    if outcome["Outcome"] != "Succeeded" or (size := json_bytes(outcome["Result"])) <= share:
        return outcome
    return failed(outcome["Key"], "ResultTooLarge", f"the result has {size} bytes; in this batch each key has {share}")


def fit(outcome: Outcome, share: int) -> Outcome:
    """The outcome with its Cause or Reason shortened so that it is within its share."""
    if outcome["Outcome"] == "Succeeded":
        return outcome
    most = share + ENVELOPE_BYTES + json_bytes(outcome["Key"])
    if outcome["Outcome"] == "Skipped":
        return {**outcome, "Reason": shorten(outcome["Reason"], most - json_bytes({**outcome, "Reason": ""}))}
    if "InventoryKey" in outcome:
        most += json_bytes({"InventoryKey": outcome["InventoryKey"], "ETag": outcome["ETag"]})
    room = most - json_bytes({**outcome, "Cause": ""})
    if outcome["Outcome"] == "Pending":
        return {**outcome, "Cause": shorten(outcome["Cause"], room)}
    return {**outcome, "Cause": shorten(outcome["Cause"], room)}


def inventory_fields(item: Item) -> InventoryFields:
    if "InventoryKey" not in item:
        return {}
    return {"InventoryKey": item["InventoryKey"], "ETag": item.get("ETag", "")}


def failed(key: str, error: str, cause: str) -> Failed:
    return {"Key": key, "Outcome": "Failed", "Error": error[:_LONGEST_ERROR], "Cause": _encodable(cause)}


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
