"""A distributed Map's fields."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

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
    def of(cls, name: str, state: dict[str, Any], value: Callable[[Any, str], Any]) -> "MapFields":
        """`value` evaluates a template, for the field that it names."""
        processor = state["ItemProcessor"]
        return cls(
            label=state.get("Label") or uuid.uuid5(uuid.NAMESPACE_URL, name).hex[:8],
            start_at=processor["StartAt"],
            invokes_functions=any(invokes_function(inner.get("Resource", "")) for _, inner in all_states(processor)),
            express=is_express(state),
            reader=value(state.get("ItemReader"), "ItemReader"),
            batcher=value(state.get("ItemBatcher"), "ItemBatcher"),
            writer=value(state.get("ResultWriter"), "ResultWriter"),
            limits=MapLimits(
                max_concurrency=value(state.get("MaxConcurrency", 0), "MaxConcurrency"),
                tolerated_failure_count=value(state.get("ToleratedFailureCount", 0), "ToleratedFailureCount"),
                tolerated_failure_percentage=value(
                    state.get("ToleratedFailurePercentage", 0), "ToleratedFailurePercentage"
                ),
            ),
        )
