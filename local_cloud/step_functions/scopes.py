"""The states of a definition, nested ones included."""

from collections.abc import Iterator
from typing import Any


def inner_scopes(state: dict[str, Any]) -> list[dict[str, Any]]:
    """A Parallel's branches, a Map's ItemProcessor."""
    return [*state.get("Branches", []), *([state["ItemProcessor"]] if "ItemProcessor" in state else [])]


def all_states(scope: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every state with its name, each followed by the states inside it."""
    for name, state in scope["States"].items():
        yield name, state
        for inner in inner_scopes(state):
            yield from all_states(inner)
