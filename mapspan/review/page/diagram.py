"""A workflow's change as a Mermaid diagram, which GitHub draws."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mapspan.review.changes.definition_change import WORKFLOW, DefinitionChange, inside

_CLASSES = (
    "classDef added fill:#dafbe1,stroke:#1a7f37,color:#1f2328,stroke-width:2px",
    "classDef changed fill:#ddf4ff,stroke:#0969da,color:#1f2328,stroke-width:2px",
    "classDef removed fill:#ffebe9,stroke:#cf222e,color:#1f2328,stroke-dasharray:5 5",
)
# After the name: before it, a plus or minus would be taken for a list.
_MARKS = {"added": " (new)", "changed": " (changed)", "removed": " (gone)"}
Path = tuple[str, ...]


def diagram(change: DefinitionChange) -> str:
    """Every state, those that are added, changed or removed marked; what is gone is dashed."""
    fates = {each.path: each.fate for each in change.states if each.path != (WORKFLOW,)}
    ids = {path: f"s{number}" for number, path in enumerate(fates)}
    lines = ["flowchart TD", *(f"  {line}" for line in _CLASSES)]
    if isinstance(change.after, Mapping):
        lines += _drawn(change.after, (), fates, ids)
    if isinstance(change.before, Mapping):
        lines += _gone(change.before, (), fates, ids)
    lines += [f"  class {ids[path]} {fate}" for path, fate in fates.items() if fate != "same"]
    return "\n".join(lines)


def _drawn(
    workflow: Mapping[str, Any], path: Path, fates: Mapping[Path, str], ids: Mapping[Path, str], depth: int = 1
) -> Iterator[str]:
    indent = "  " * depth
    for name, state in workflow.get("States", {}).items():
        own = (*path, name)
        label = f'"{_escaped(name)}{_MARKS.get(fates[own], "")}"'
        within = inside(state)
        if within:
            yield f"{indent}subgraph {ids[own]} [{label}]"
            for each in within:
                yield from _drawn(each, own, fates, ids, depth + 1)
            yield f"{indent}end"
        elif state.get("Type") == "Choice":
            yield f"{indent}{ids[own]}{{{{{label}}}}}"
        elif state.get("Type") in ("Succeed", "Fail"):
            yield f"{indent}{ids[own]}([{label}])"
        else:
            yield f"{indent}{ids[own]}[{label}]"
    for name, state in workflow.get("States", {}).items():
        for target, words in _next(state):
            arrow = f"-- {words} -->" if words else "-->"
            if (*path, target) in ids:
                yield f"{indent}{ids[*path, name]} {arrow} {ids[*path, target]}"


def _gone(workflow: Mapping[str, Any], path: Path, fates: Mapping[Path, str], ids: Mapping[Path, str]) -> Iterator[str]:
    """The states that are removed, with the ways that led to them and from them."""
    for name, state in workflow.get("States", {}).items():
        own = (*path, name)
        if fates[own] == "removed":
            yield f'  {ids[own]}["{_escaped(name)}{_MARKS["removed"]}"]'
        for target, _ in _next(state):
            there = (*path, target)
            if there in ids and "removed" in (fates[own], fates[there]):
                yield f"  {ids[own]} -.-> {ids[there]}"
        for each in inside(state):
            yield from _gone(each, own, fates, ids)


def _next(state: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Where a state leads, and when if not always."""
    if "Next" in state:
        yield state["Next"], ""
    for choice in state.get("Choices", ()):
        yield choice["Next"], ""
    if "Default" in state:
        yield state["Default"], "else"
    for catch in state.get("Catch", ()):
        yield catch["Next"], "caught"


def _escaped(name: str) -> str:
    return name.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
