"""A workflow's change as a Mermaid diagram, which GitHub draws."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mapspan.outside_text import visible
from mapspan.review.changes.definition_change import (
    WORKFLOW,
    DefinitionChange,
    Fate,
    State,
    StatePath,
    inner_workflows,
)
from mapspan.review.changes.definition_json import Definition

_CLASSES = (
    "classDef added fill:#dafbe1,stroke:#1a7f37,color:#1f2328,stroke-width:2px",
    "classDef changed fill:#ddf4ff,stroke:#0969da,color:#1f2328,stroke-width:2px",
    "classDef removed fill:#ffebe9,stroke:#cf222e,color:#1f2328,stroke-dasharray:5 5",
)
# After the name: Mermaid takes a plus or minus before it for a list.
_MARKS: Mapping[Fate, str] = {"added": " (new)", "changed": " (changed)", "removed": " (removed)"}
_CODES = str.maketrans({'"': "&quot;", "<": "&lt;", ">": "&gt;", "#": "#35;", "`": "#96;"})
Fates = Mapping[StatePath, Fate]
Ids = Mapping[StatePath, str]


def diagram(change: DefinitionChange) -> str:
    """Every state of both definitions; added, changed and removed ones are marked, removed ones dashed."""
    fates: Fates = {state.path: state.fate for state in change.states if state.path != (WORKFLOW,)}
    ids = {path: f"s{number}" for number, path in enumerate(fates)}
    lines = ["flowchart TD", *(f"  {line}" for line in _CLASSES)]
    if isinstance(change.after, Mapping):
        lines += _states(change.after, (), fates, ids)
    if isinstance(change.before, Mapping):
        lines += _removed_states(change.before, (), fates, ids)
    lines += [f"  class {ids[path]} {fate}" for path, fate in fates.items() if fate != "same"]
    return "\n".join(lines)


def _states(workflow: Definition, path: StatePath, fates: Fates, ids: Ids, depth: int = 1) -> Iterator[str]:
    """The states of the later definition, then the arrows between them."""
    indent = "  " * depth
    states: Mapping[str, State] = workflow.get("States", {})
    for name, state in states.items():
        state_path = (*path, name)
        label = f'"{_escaped(name)}{_MARKS.get(fates[state_path], "")}"'
        if inner := inner_workflows(state):
            yield f"{indent}subgraph {ids[state_path]} [{label}]"
            for inner_workflow in inner:
                yield from _states(inner_workflow, state_path, fates, ids, depth + 1)
            yield f"{indent}end"
        else:
            yield f"{indent}{ids[state_path]}{_shape(state, label)}"
    for name, state in states.items():
        for target, condition in _next_states(state):
            arrow = f"-- {condition} -->" if condition else "-->"
            if (*path, target) in ids:
                yield f"{indent}{ids[*path, name]} {arrow} {ids[*path, target]}"


def _removed_states(workflow: Definition, path: StatePath, fates: Fates, ids: Ids) -> Iterator[str]:
    """The removed states, with the arrows to them and from them."""
    for name, state in workflow.get("States", {}).items():
        state_path = (*path, name)
        if fates[state_path] == "removed":
            yield f'  {ids[state_path]}["{_escaped(name)}{_MARKS["removed"]}"]'
        for target, _ in _next_states(state):
            target_path = (*path, target)
            if target_path in ids and "removed" in (fates[state_path], fates[target_path]):
                yield f"  {ids[state_path]} -.-> {ids[target_path]}"
        for inner_workflow in inner_workflows(state):
            yield from _removed_states(inner_workflow, state_path, fates, ids)


def _shape(state: State, label: str) -> str:
    if state.get("Type") == "Choice":
        return f"{{{{{label}}}}}"
    return f"([{label}])" if state.get("Type") in ("Succeed", "Fail") else f"[{label}]"


def _next_states(state: State) -> Iterator[tuple[str, str]]:
    """The states that may follow, each with the condition that Mermaid shows on the arrow."""
    if "Next" in state:
        yield state["Next"], ""
    # One arrow, however many rules lead to the same state.
    for target in dict.fromkeys(choice["Next"] for choice in state.get("Choices", ())):
        yield target, ""
    if "Default" in state:
        yield state["Default"], "else"
    for catch in state.get("Catch", ()):
        yield catch["Next"], "caught"


def _escaped(name: str) -> str:
    """A name that Mermaid shows as it is: neither HTML, nor one of its own `#…;` codes, nor Markdown."""
    return visible(name).replace("&", "&amp;").translate(_CODES)
