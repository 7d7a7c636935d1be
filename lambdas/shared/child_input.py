"""The input of a child execution: a batch of items, and where their keys come from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NotRequired, TypedDict, final

from .inventory_keys import candidates

if TYPE_CHECKING:
    from .selection import Selection


class Item(TypedDict):
    """A line of a key list, an object that the Map listed, or a line of an inventory.

    With an ETag, the object is read only if it is still the same. A Map that lists objects spells it `Etag`, and gives
    `LastModified` in seconds; an inventory gives `LastModifiedDate`, and each value as a string.
    `InventoryKey`: the key as the inventory has it, if it may stand for another key than `Key`.
    `Archived`: true if a listing showed that S3 refuses to read the object until it is restored.
    """

    Key: str
    ETag: NotRequired[str]
    Etag: NotRequired[str]
    InventoryKey: NotRequired[str]
    Size: NotRequired[int | str]
    LastModified: NotRequired[float]
    LastModifiedDate: NotRequired[str]
    StorageClass: NotRequired[str]
    Archived: NotRequired[bool]


class BatchInput(TypedDict):
    """What the definition adds to every batch.

    `run`: the execution's name. `keys_from`: "inventory" if the keys are those of an S3 Inventory. `select`: which of
    the items to process, all of them holding, where no listing has selected them; ages count from `started_at`.
    """

    run: NotRequired[str]
    keys_from: NotRequired[Literal["inventory"]]
    select: NotRequired[list[Selection]]
    started_at: NotRequired[str]


@final
class ChildInput(TypedDict):
    """As the distributed Map's ItemBatcher builds it. `Child`: the name of the child execution.

    https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itembatcher.html
    """

    Items: list[Item]
    BatchInput: NotRequired[BatchInput]
    Child: NotRequired[str]


def items_of(child_input: ChildInput) -> list[Item]:
    """The items; those of an inventory with their likeliest key, and an `InventoryKey` if another one is possible."""
    items = child_input["Items"]
    if (child_input.get("BatchInput") or {}).get("keys_from") == "inventory":
        return [_of_inventory(item) for item in items]
    return items


def _of_inventory(item: Item) -> Item:
    likeliest, *others = candidates(item["Key"])
    return {**item, "Key": likeliest, "InventoryKey": item["Key"]} if others else {**item, "Key": likeliest}
