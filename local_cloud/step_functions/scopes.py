"""The states of a definition, nested ones included."""

from collections.abc import Iterator
from typing import Any


def inner_scopes(state: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """A Parallel's branches, a Map's ItemProcessor or Iterator (its old name), by their paths within the state."""
    branches = {f"Branches[{index}]": branch for index, branch in enumerate(state.get("Branches", []))}
    return branches | {name: state[name] for name in ("ItemProcessor", "Iterator") if name in state}


def all_states(scope: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every state with its name, each followed by the states inside it."""
    for name, state in scope["States"].items():
        yield name, state
        for inner in inner_scopes(state).values():
            yield from all_states(inner)


def states_by_path(scope: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every state with its path, such as `/States/Both/Branches[0]/States/First`."""
    for name, state in scope["States"].items():
        where = f"{path}/States/{name}"
        yield where, state
        for inner_path, inner in inner_scopes(state).items():
            yield from states_by_path(inner, f"{where}/{inner_path}")
