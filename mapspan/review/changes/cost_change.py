"""What a run over a million objects would take and cost, before and after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from environments.environment import Environment
from mapspan.costs.estimate import Estimate, Workload, estimate
from mapspan.review.changes.definition_change import definition, inside
from mapspan.review.changes.plan import Moment, Plan

# As `mapspan estimate` takes objects to be.
WORKLOAD = Workload(objects=1_000_000, average_bytes=200_000, seconds_per_object=0.05)

# Settings by what the functions carry of them.
_ATTRIBUTES = {"memory_size": "memory_mb", "timeout": "timeout_seconds"}
_VARIABLES = {"LIST_THREADS": "threads", "READ_THREADS": "threads", "KEYS_PER_PART": "keys_per_part"}
_FUNCTIONS = ("list_objects", "process_objects", "summarize_run")


@dataclass(frozen=True, kw_only=True)
class CostChange:
    """The estimates; None while there is no pipeline, or the plan doesn't tell enough of it."""

    before: Estimate | None
    after: Estimate | None

    @property
    def differs(self) -> bool:
        return self.before != self.after


def cost_change(plan: Plan, environment: Environment) -> CostChange:
    """From the batches, the kind of children and the functions' sizes in the plan."""
    before, after = (_planned(plan, moment, environment) for moment in ("before", "after"))
    return CostChange(
        before=estimate(before, WORKLOAD) if before else None,
        after=estimate(after, WORKLOAD) if after else None,
    )


def _planned(plan: Plan, moment: Moment, environment: Environment) -> Environment | None:
    """The environment with the settings that the plan's resources have."""
    found = definition(plan, moment, environment.prefix)
    state = _distributed_map(found) if found else None
    if state is None:
        return None
    batch = state.get("ItemBatcher", {}).get("MaxItemsPerBatch", 1)
    concurrency = state.get("MaxConcurrency", environment.map.max_concurrency)
    if not isinstance(batch, int) or not isinstance(concurrency, int):
        return None
    updates: dict[str, Any] = {
        "map": environment.map.model_copy(
            update={
                "execution_type": state["ItemProcessor"]["ProcessorConfig"].get("ExecutionType", "STANDARD"),
                "max_items_per_batch": batch,
                "max_concurrency": concurrency or 10_000,
            }
        )
    }
    for name in _FUNCTIONS:
        own = _function(plan, moment, f"{environment.prefix}-{name.replace('_', '-')}")
        updates[name] = getattr(environment, name).model_copy(update=own)
    return environment.model_copy(update=updates)


def _function(plan: Plan, moment: Moment, name: str) -> dict[str, int]:
    for change in plan.changes:
        there = change.at(moment)
        if change.type != "aws_lambda_function" or not there or there.get("function_name") != name:
            continue
        blocks = there.get("environment") or [{}]
        variables = blocks[0].get("variables") if isinstance(blocks[0], Mapping) else None
        told = {setting: there.get(attribute) for attribute, setting in _ATTRIBUTES.items()}
        if isinstance(variables, Mapping):
            told |= {setting: variables[name] for name, setting in _VARIABLES.items() if name in variables}
        return {setting: int(value) for setting, value in told.items() if isinstance(value, int | str)}
    return {}


def _distributed_map(workflow: Mapping[str, Any]) -> Mapping[str, Any] | None:
    for state in workflow.get("States", {}).values():
        if state.get("ItemProcessor", {}).get("ProcessorConfig", {}).get("Mode") == "DISTRIBUTED":
            found: Mapping[str, Any] = state
            return found
        for inner in inside(state):
            if within := _distributed_map(inner):
                return within
    return None
