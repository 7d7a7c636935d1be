"""A line of the key list to retry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NotRequired, TypedDict

if TYPE_CHECKING:
    from collections.abc import Mapping


class RetryLine(TypedDict):
    """`InventoryKey`: the key as the inventory has it, if it may stand for another key than `Key`.

    The retry resolves it by the ETag.
    """

    Key: str
    InventoryKey: NotRequired[str]
    ETag: NotRequired[str]


def retry_line(item: Mapping[str, Any]) -> RetryLine:
    """The line of an item or of an outcome.

    A retry takes an object as it is then, so the ETag goes along only to resolve an `InventoryKey`.
    """
    if "InventoryKey" not in item:
        return {"Key": item["Key"]}
    return {"Key": item["Key"], "InventoryKey": item["InventoryKey"], "ETag": item.get("ETag", "")}
