"""What a plan does to a workflow: its states, one by one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from mapspan.review.changes.plan import Change, Moment, Plan
from mapspan.review.changes.withheld import Sensitive, Unknown

State = Mapping[str, Any]
Definition = Mapping[str, Any]
Fate = Literal["added", "removed", "changed", "same"]

WORKFLOW = "the workflow itself"
_INSIDE = ("ItemProcessor", "Iterator")


@dataclass(frozen=True, kw_only=True)
class StateChange:
    """A state before and after, without the states inside it; `path` names those it is inside of, too."""

    path: tuple[str, ...]
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
    """A state machine's definition; None while there is no machine, and withheld where the plan doesn't tell it."""

    address: str
    before: Definition | Unknown | Sensitive | None
    after: Definition | Unknown | Sensitive | None

    @property
    def withheld(self) -> Unknown | Sensitive | None:
        return next((each for each in (self.after, self.before) if isinstance(each, Unknown | Sensitive)), None)

    @property
    def states(self) -> list[StateChange]:
        """Every state of either definition, in the order of the later one; those that are gone come last."""
        was, becomes = (dict(_states(each)) if isinstance(each, Mapping) else {} for each in (self.before, self.after))
        return [StateChange(path=path, before=was.get(path), after=becomes.get(path)) for path in {**becomes, **was}]

    @property
    def changed(self) -> list[StateChange]:
        return [each for each in self.states if each.fate != "same"]


def definition_changes(plan: Plan) -> list[DefinitionChange]:
    """Every state machine whose definition changes, or may."""
    found = [
        DefinitionChange(
            address=change.address,
            before=_definition(plan, change, "before"),
            after=_definition(plan, change, "after"),
        )
        for change in plan.effective
        if change.type == "aws_sfn_state_machine"
    ]
    return [each for each in found if each.before != each.after]


def definition(plan: Plan, moment: Moment, name: str) -> Definition | None:
    """The definition of the state machine of that name, if the plan tells."""
    for change in plan.changes:
        there = change.at(moment)
        if change.type == "aws_sfn_state_machine" and there and there.get("name") == name:
            found = _definition(plan, change, moment)
            return found if isinstance(found, Mapping) else None
    return None


def _definition(plan: Plan, change: Change, moment: Moment) -> Definition | Unknown | Sensitive | None:
    found = plan.value(change, "definition", moment)
    if not isinstance(found, str):
        return found if isinstance(found, Unknown | Sensitive) else None
    parsed: dict[str, Any] = json.loads(found)
    return parsed


def _states(workflow: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], State]]:
    """Each state by its path, outermost first; of the outermost workflow, what is beside its states too."""
    if not path:
        yield (WORKFLOW,), {name: value for name, value in workflow.items() if name != "States"}
    for name, state in workflow.get("States", {}).items():
        own = (*path, name)
        yield own, {field: _without_states(field, value) for field, value in state.items()}
        for inner in inside(state):
            yield from _states(inner, own)


def inside(state: State) -> Sequence[Mapping[str, Any]]:
    """The workflows inside a Map or Parallel."""
    return [*(state[field] for field in _INSIDE if field in state), *state.get("Branches", ())]


def _without_states(field: str, value: Any) -> Any:
    if field in _INSIDE:
        return {name: each for name, each in value.items() if name != "States"}
    if field == "Branches":
        return [{name: each for name, each in branch.items() if name != "States"} for branch in value]
    return value
