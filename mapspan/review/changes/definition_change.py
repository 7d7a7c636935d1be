"""What a plan does to a workflow's definition, state by state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from mapspan.review.changes.definition_json import Definition, read_definition
from mapspan.review.changes.placeholder import Placeholder
from mapspan.review.changes.plan import Plan
from mapspan.review.changes.resource_change import Moment

State = Mapping[str, Any]
StatePath = tuple[str, ...]
"""A state's name, after the names of the states around it."""
Fate = Literal["added", "removed", "changed", "same"]

WORKFLOW = "the workflow itself"
_INNER_WORKFLOW_FIELDS = ("ItemProcessor", "Iterator")


@dataclass(frozen=True, kw_only=True)
class StateChange:
    """A state before and after, without the states inside it; None if it doesn't exist then."""

    path: StatePath
    before: State | None
    after: State | None

    @property
    def name(self) -> str:
        return " / ".join(self.path)

    @property
    def fate(self) -> Fate:
        if self.before is None or self.after is None:
            return "added" if self.before is None else "removed"
        return "same" if self.before == self.after else "changed"


@dataclass(frozen=True, kw_only=True)
class DefinitionChange:
    """A state machine's definition; None if the machine doesn't exist then, a placeholder if the plan hides it."""

    address: str
    before: Definition | Placeholder | None
    after: Definition | Placeholder | None

    @property
    def placeholder(self) -> Placeholder | None:
        """What stands for a definition that the plan doesn't show."""
        return next((side for side in (self.after, self.before) if isinstance(side, Placeholder)), None)

    @property
    def states(self) -> list[StateChange]:
        """Every state of either definition, in the order of the later one; removed states come last."""
        before, after = (dict(_states(side)) if isinstance(side, Mapping) else {} for side in (self.before, self.after))
        return [StateChange(path=path, before=before.get(path), after=after.get(path)) for path in {**after, **before}]

    @property
    def changed_states(self) -> list[StateChange]:
        return [state for state in self.states if state.fate != "same"]


def definition_changes(plan: Plan) -> list[DefinitionChange]:
    """Every state machine whose definition changes, or may change."""
    changes = [
        DefinitionChange(
            address=change.address,
            before=read_definition(change.value("definition", "before")),
            after=read_definition(change.value("definition", "after")),
        )
        for change in plan.effective
        if change.type == "aws_sfn_state_machine"
    ]
    return [change for change in changes if change.before != change.after]


def find_definition(plan: Plan, moment: Moment, name: str) -> Definition | None:
    """The definition of the state machine of that name; None if the plan doesn't show one."""
    for change in plan.changes:
        attributes = change.at(moment)
        if change.type == "aws_sfn_state_machine" and attributes and attributes.get("name") == name:
            definition = read_definition(change.value("definition", moment))
            return definition if isinstance(definition, Mapping) else None
    return None


def inner_workflows(state: State) -> Sequence[Definition]:
    """The workflows inside a Map or Parallel."""
    return [*(state[field] for field in _INNER_WORKFLOW_FIELDS if field in state), *state.get("Branches", ())]


def _states(workflow: Definition, path: StatePath = ()) -> Iterator[tuple[StatePath, State]]:
    """Each state by its path, outermost first; the outermost workflow's own fields stand under WORKFLOW."""
    if not path:
        yield (WORKFLOW,), {name: value for name, value in workflow.items() if name != "States"}
    for name, state in workflow.get("States", {}).items():
        state_path = (*path, name)
        yield state_path, {field: _without_states(field, value) for field, value in state.items()}
        for inner in inner_workflows(state):
            yield from _states(inner, state_path)


def _without_states(field: str, value: Any) -> Any:
    def fields(workflow: Definition) -> Definition:
        return {name: field_value for name, field_value in workflow.items() if name != "States"}

    if field in _INNER_WORKFLOW_FIELDS:
        return fields(value)
    return [fields(branch) for branch in value] if field == "Branches" else value
