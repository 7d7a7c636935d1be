"""JSON as it passes between states, and its limit."""

import json
from typing import Any

from local_cloud.step_functions.errors import DATA_LIMIT_EXCEEDED, StateFailure
from modules.asl.quotas import MAX_PAYLOAD_BYTES


def text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def size_bytes(value: Any) -> int:
    return len(text(value).encode("utf-8", "surrogatepass"))


def within_limit(value: Any, source: str) -> Any:
    """`value` itself. Raises States.DataLimitExceeded, which names `source`, if it is over 256 KiB as JSON."""
    if size_bytes(value) > MAX_PAYLOAD_BYTES:
        raise StateFailure(
            DATA_LIMIT_EXCEEDED,
            f"The state/task '{source}' returned a result with a size exceeding the maximum number of bytes service"
            " limit.",
        )
    return value
