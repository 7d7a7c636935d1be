"""A distributed Map's fields."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local_cloud.step_functions import payload
from local_cloud.step_functions.invocations import invokes_function
from local_cloud.step_functions.map_limits import MapLimits
from local_cloud.step_functions.processor_config import is_express
from local_cloud.step_functions.scopes import all_states

# Evaluates a template, for the field that it names.
Value = Callable[[Any, str], Any]


class BadValue(Exception):  # noqa: N818 - a value of the definition is wrong, not this program
    """A limit of a Map has a value that AWS doesn't take. The text is AWS's, without the place."""


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
    def of(cls, name: str, state: dict[str, Any], concurrency: int, value: Value) -> "MapFields":
        """Raises BadValue. Without a Label, AWS generates a UUID."""
        tolerated_count, tolerated_percentage = tolerated_failures(state, value)
        processor = state["ItemProcessor"]
        return cls(
            label=state.get("Label") or str(uuid.uuid5(uuid.NAMESPACE_URL, name)),
            start_at=processor["StartAt"],
            invokes_functions=any(invokes_function(inner.get("Resource", "")) for _, inner in all_states(processor)),
            express=is_express(state),
            reader=_reader(value(state.get("ItemReader"), "ItemReader")),
            batcher=value(state.get("ItemBatcher"), "ItemBatcher"),
            writer=value(state.get("ResultWriter"), "ResultWriter"),
            limits=MapLimits(
                max_concurrency=concurrency,
                tolerated_failure_count=tolerated_count,
                tolerated_failure_percentage=tolerated_percentage,
            ),
        )


def max_concurrency(state: dict[str, Any], value: Value) -> int:
    """0 means that it is not set. Raises BadValue; on AWS an execution with a negative one hangs."""
    return _integer(state, "MaxConcurrency", value)


def tolerated_failures(state: dict[str, Any], value: Value) -> tuple[int, float]:
    """How many items may fail, and which percentage of them. Raises BadValue."""
    count = _integer(state, "ToleratedFailureCount", value)
    field = "ToleratedFailurePercentage"
    percentage = value(state.get(field, 0), field)
    if isinstance(percentage, bool) or not isinstance(percentage, int | float):
        raise BadValue(_refers_to(field, percentage, "float"))
    if not 0 <= percentage <= 100:
        raise BadValue(f"{field} must be between 0 and 100.")
    return count, float(percentage)


def _reader(reader: dict[str, Any] | None) -> dict[str, Any] | None:
    """The ItemReader itself. Raises BadValue; a negative MaxItems fails only the started Map Run."""
    if reader:
        _whole("MaxItems", reader.get("ReaderConfig", {}).get("MaxItems", 0))
    return reader


def _integer(state: dict[str, Any], field: str, value: Value) -> int:
    number = _whole(field, value(state.get(field, 0), field))
    if number < 0:
        raise BadValue(f"{field} cannot be negative.")
    return number


def _whole(field: str, number: Any) -> int:
    if isinstance(number, bool) or not isinstance(number, int | float) or number != int(number):
        raise BadValue(_refers_to(field, number, "integer"))
    return int(number)


def _refers_to(field: str, value: Any, kind: str) -> str:
    text = value if isinstance(value, str) else payload.text(value)
    return f'The {field} field refers to value "{text}" which is not a valid {kind}'
