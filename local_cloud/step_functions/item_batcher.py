"""ItemBatcher: groups items into the inputs of children.
https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itembatcher.html
"""

from collections.abc import Iterable, Iterator
from typing import Any

from local_cloud.step_functions import payload
from local_cloud.step_functions.errors import DATA_LIMIT_EXCEEDED, StateFailure
from modules.asl.quotas import MAX_PAYLOAD_BYTES


def inputs(items: Iterable[Any], batcher: dict[str, Any] | None) -> Iterator[tuple[Any, int]]:
    """Each child's input and the number of items in it.

    A batch's JSON is at most MaxInputBytesPerBatch, and at most 256 KiB, the limit of a child's input. Raises
    States.DataLimitExceeded for an item that doesn't fit in a batch.
    """
    if batcher is None:
        for item in items:
            if payload.size_bytes(item) > MAX_PAYLOAD_BYTES:
                raise StateFailure(DATA_LIMIT_EXCEEDED, "An item is larger than 256 KiB.")
            yield item, 1
        return
    count_limit = batcher.get("MaxItemsPerBatch")
    byte_limit = min(batcher.get("MaxInputBytesPerBatch") or MAX_PAYLOAD_BYTES, MAX_PAYLOAD_BYTES)
    empty = {"BatchInput": batcher["BatchInput"]} if "BatchInput" in batcher else {}
    overhead = payload.size_bytes({**empty, "Items": []})
    batch: list[Any] = []
    used = overhead
    for item in items:
        size = payload.size_bytes(item)
        if overhead + size > byte_limit:
            raise StateFailure(
                DATA_LIMIT_EXCEEDED, f"An item of {size} bytes doesn't fit in a batch of at most {byte_limit} bytes."
            )
        comma = 1 if batch else 0
        if batch and (used + comma + size > byte_limit or len(batch) == count_limit):
            yield {**empty, "Items": batch}, len(batch)
            batch, used, comma = [], overhead, 0
        batch.append(item)
        used += comma + size
    if batch:
        yield {**empty, "Items": batch}, len(batch)
