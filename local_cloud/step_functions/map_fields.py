"""A distributed Map's fields."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from local_cloud.step_functions.invocations import invokes_function


@dataclass(frozen=True)
class MapFields:
    """A distributed Map's fields, evaluated. A limit of 0 is none."""

    state: str
    label: str
    start_at: str
    express: bool
    # Whether its children invoke functions, of which only so many run at a time here.
    invokes_functions: bool
    reader: dict[str, Any] | None
    batcher: dict[str, Any] | None
    writer: dict[str, Any] | None
    max_concurrency: int
    tolerated_failure_count: int
    tolerated_failure_percentage: float

    @classmethod
    def of(cls, name: str, state: dict[str, Any], value: Callable[[Any, str], Any]) -> "MapFields":
        processor = state["ItemProcessor"]
        return cls(
            state=name,
            label=state.get("Label") or uuid.uuid5(uuid.NAMESPACE_URL, name).hex[:8],
            start_at=processor["StartAt"],
            invokes_functions=any(invokes_function(resource) for resource in _resources(processor)),
            express=processor["ProcessorConfig"].get("ExecutionType") == "EXPRESS",
            reader=value(state.get("ItemReader"), "ItemReader"),
            batcher=value(state.get("ItemBatcher"), "ItemBatcher"),
            writer=value(state.get("ResultWriter"), "ResultWriter"),
            max_concurrency=value(state.get("MaxConcurrency", 0), "MaxConcurrency"),
            tolerated_failure_count=value(state.get("ToleratedFailureCount", 0), "ToleratedFailureCount"),
            tolerated_failure_percentage=value(
                state.get("ToleratedFailurePercentage", 0), "ToleratedFailurePercentage"
            ),
        )


def _resources(scope: dict[str, Any]) -> Iterator[str]:
    for state in scope["States"].values():
        yield state.get("Resource", "")
        inner = [*state.get("Branches", []), *([state["ItemProcessor"]] if "ItemProcessor" in state else [])]
        for nested in inner:
            yield from _resources(nested)
