"""Work that returns the name of its function: replace it with your own."""

from typing import Any


def handler(event: Any, context: Any) -> dict[str, Any]:
    """Return the function's name and its input."""
    return {"by": context.function_name, "given": event}
