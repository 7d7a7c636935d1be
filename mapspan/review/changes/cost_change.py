"""The estimated time and cost of a run over a million objects, before and after a plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from environments.environment import Environment
from mapspan.costs.estimate import Estimate, Workload, estimate_run
from mapspan.review.changes.definition_change import State, find_definition, inner_workflows
from mapspan.review.changes.definition_json import Definition
from mapspan.review.changes.plan import Plan
from mapspan.review.changes.resource_change import Moment
from modules.asl.execution_type import EXPRESS, STANDARD
from modules.resource_names import function_name

# Objects as `mapspan estimate` assumes them.
WORKLOAD = Workload(objects=1_000_000, average_bytes=200_000, seconds_per_object=0.05)

# Step Functions' limit, which MaxConcurrency 0 means.
_MOST_CHILDREN = 10_000
# The settings that a function's attributes and variables hold.
_ATTRIBUTES = {"memory_size": "memory_mb", "timeout": "timeout_seconds"}
_VARIABLES = {"LIST_THREADS": "threads", "READ_THREADS": "threads", "KEYS_PER_PART": "keys_per_part"}
# Each function, and the settings group that it has.
_FUNCTIONS = {"list_objects": "list_objects", "process_objects": "job", "summarize_run": "summarize_run"}


@dataclass(frozen=True, kw_only=True)
class CostChange:
    """The two estimates; None if the pipeline doesn't exist then, or the plan shows too little of it."""

    before: Estimate | None
    after: Estimate | None

    @property
    def differs(self) -> bool:
        return self.before != self.after


def cost_change(plan: Plan, environment: Environment) -> CostChange:
    """The estimates from the batches, the execution type and the functions' sizes in the plan."""
    before, after = (_planned_environment(plan, moment, environment) for moment in ("before", "after"))
    return CostChange(
        before=estimate_run(before, WORKLOAD) if before else None,
        after=estimate_run(after, WORKLOAD) if after else None,
    )


def _planned_environment(plan: Plan, moment: Moment, environment: Environment) -> Environment | None:
    """The environment with the settings that the plan's resources have."""
    definition = find_definition(plan, moment, environment.prefix)
    state = _distributed_map(definition) if definition else None
    if state is None:
        return None
    batch = _positive(state.get("ItemBatcher", {}).get("MaxItemsPerBatch", 1))
    concurrency = _positive(state.get("MaxConcurrency", environment.map.max_concurrency) or _MOST_CHILDREN)
    execution_type = state["ItemProcessor"]["ProcessorConfig"].get("ExecutionType", STANDARD)
    if batch is None or concurrency is None or execution_type not in (EXPRESS, STANDARD):
        return None
    map_settings = {
        "execution_type": execution_type,
        "max_items_per_batch": batch,
        "max_concurrency": concurrency,
    }
    updates: dict[str, Any] = {"map": environment.map.model_copy(update=map_settings)}
    for name, group in _FUNCTIONS.items():
        settings = _function_settings(plan, moment, function_name(environment.prefix, name))
        updates[group] = getattr(environment, group).model_copy(update=settings)
    interval = _interval_seconds(plan, moment, function_name(environment.prefix, "process_objects"))
    rate = round(concurrency / interval) if interval else None
    updates["job"] = updates["job"].model_copy(update={"objects_per_second": rate})
    return environment.model_copy(update=updates)


def _function_settings(plan: Plan, moment: Moment, name: str) -> dict[str, int]:
    attributes = _attributes(plan, moment, name)
    values = {setting: attributes.get(attribute) for attribute, setting in _ATTRIBUTES.items()}
    variables = _variables(attributes)
    values |= {setting: variables.get(name) for name, setting in _VARIABLES.items() if name in variables}
    settings = {setting: _positive(value) for setting, value in values.items()}
    return {setting: value for setting, value in settings.items() if value is not None}


def _interval_seconds(plan: Plan, moment: Moment, name: str) -> float | None:
    """The least time between two objects in one child; None without a rate."""
    try:
        return float(_variables(_attributes(plan, moment, name)).get("OBJECT_INTERVAL_SECONDS", "")) or None
    except (TypeError, ValueError):
        return None


def _attributes(plan: Plan, moment: Moment, name: str) -> Mapping[str, Any]:
    """The attributes of the function with this name; none if the plan doesn't have it."""
    for change in plan.changes:
        attributes = change.at(moment)
        if change.type == "aws_lambda_function" and attributes and attributes.get("function_name") == name:
            return attributes
    return {}


def _variables(attributes: Mapping[str, Any]) -> Mapping[str, Any]:
    blocks = attributes.get("environment")
    block = blocks[0] if isinstance(blocks, list) and blocks else None
    variables = block.get("variables") if isinstance(block, Mapping) else None
    return variables if isinstance(variables, Mapping) else {}


def _positive(value: Any) -> int | None:
    """A whole number above 0, which a variable holds as text; None for anything else, such as an expression."""
    is_number = isinstance(value, int) or (isinstance(value, str) and value.isascii() and value.isdecimal())
    return int(value) if is_number and int(value) > 0 else None


def _distributed_map(workflow: Definition) -> State | None:
    """The first distributed Map of a workflow, at whatever depth."""
    for state in workflow.get("States", {}).values():
        if state.get("ItemProcessor", {}).get("ProcessorConfig", {}).get("Mode") == "DISTRIBUTED":
            distributed_map: State = state
            return distributed_map
        for inner in inner_workflows(state):
            if nested_map := _distributed_map(inner):
                return nested_map
    return None
