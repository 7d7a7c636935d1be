"""A distributed Map's fields."""

import uuid
from dataclasses import dataclass
from typing import Any

from local_cloud.step_functions.data_flow import Context, DataFlow
from local_cloud.step_functions.invocations import invokes_function
from local_cloud.step_functions.map_limits import MapLimits
from local_cloud.step_functions.processor_config import is_express
from local_cloud.step_functions.scopes import all_states


@dataclass(frozen=True)
class MapFields:
    """A distributed Map's fields, evaluated."""

    label: str
    start_at: str
    express: bool
    # Whether its children invoke functions: how many of these run at a time is limited here.
    invokes_functions: bool
    reader: dict[str, Any] | None
    batcher: dict[str, Any] | None
    writer: dict[str, Any] | None
    limits: MapLimits

    @classmethod
    def of(cls, name: str, state: dict[str, Any], concurrency: int, flow: DataFlow, context: Context) -> "MapFields":
        """Raises BadValue and StateFailure. Without a Label, AWS generates a UUID."""
        tolerated_count, tolerated_percentage = tolerated_failures(flow, context)
        processor = state["ItemProcessor"]
        return cls(
            label=state.get("Label") or str(uuid.uuid5(uuid.NAMESPACE_URL, name)),
            start_at=processor["StartAt"],
            invokes_functions=any(invokes_function(inner.get("Resource", "")) for _, inner in all_states(processor)),
            express=is_express(state),
            reader=_reader(flow, context),
            batcher=_batcher(flow, context),
            writer=flow.part("ResultWriter", context),
            limits=MapLimits(
                max_concurrency=concurrency,
                tolerated_failure_count=tolerated_count,
                tolerated_failure_percentage=tolerated_percentage,
            ),
        )


def max_concurrency(flow: DataFlow, context: Context) -> int:
    """0 means that it is not set. Raises BadValue; on AWS an execution with a negative one hangs."""
    return flow.limit("MaxConcurrency", context).count()


def tolerated_failures(flow: DataFlow, context: Context) -> tuple[int, float]:
    """How many items may fail, and which percentage of them. Raises BadValue."""
    count = flow.limit("ToleratedFailureCount", context).count()
    return count, flow.limit("ToleratedFailurePercentage", context).percentage()


def _reader(flow: DataFlow, context: Context) -> dict[str, Any] | None:
    """The ItemReader. Raises BadValue; a negative MaxItems fails only the started Map Run."""
    reader = flow.part("ItemReader", context)
    if reader is None:
        return None
    most = flow.limit("MaxItems", context, "ItemReader/ReaderConfig").whole()
    return {**reader, "ReaderConfig": {**reader.get("ReaderConfig", {}), "MaxItems": most}}


def _batcher(flow: DataFlow, context: Context) -> dict[str, Any] | None:
    """The ItemBatcher; a limit of 0 is none. Raises BadValue."""
    batcher = flow.part("ItemBatcher", context)
    if batcher is None:
        return None
    limits = {
        name: flow.limit(name, context, "ItemBatcher").count() for name in ("MaxItemsPerBatch", "MaxInputBytesPerBatch")
    }
    return {**batcher, **{name: limit for name, limit in limits.items() if limit}}
