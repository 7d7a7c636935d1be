"""Why a plan makes it advisable to process everything again, in an environment whose runs are incremental."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from environments.environment import Environment
from mapspan.review.changes.definition_change import find_definition
from mapspan.review.changes.plan import Plan
from modules.pipeline.workflow.input_rule import SELECT
from modules.pipeline.workflow.names import CHECK_INPUT, RECORD_SUCCESS
from modules.resource_names import function_name

# What a function does follows from these attributes.
_CODE = ("source_code_hash", "image_uri")


def reasons_to_start_over(plan: Plan, environment: Environment) -> list[str]:
    """Sentences without a full stop; none if earlier runs weren't incremental.

    An incremental run leaves out what an earlier one processed or didn't select, whatever has changed since then.
    """
    before = find_definition(plan, "before", environment.prefix)
    if environment.select.changed_since is None or not before or RECORD_SUCCESS not in before.get("States", {}):
        return []
    return [*_job_changes(plan, environment), *_selection_changes(plan, environment, before)]


def _job_changes(plan: Plan, environment: Environment) -> Iterator[str]:
    name = function_name(environment.prefix, "process_objects")
    for change in plan.effective:
        if change.type != "aws_lambda_function" or name not in {
            change.value("function_name", moment) for moment in ("before", "after")
        }:
            continue
        changed = {attribute for attribute, _, _ in change.changed_attributes()}
        if change.before and change.after and changed & {*_CODE, "environment"}:
            yield "the job changes, and what it processed stays as the earlier job left it"


def _selection_changes(plan: Plan, environment: Environment, before: Mapping[str, object]) -> Iterator[str]:
    after = find_definition(plan, "after", environment.prefix)
    if after and _selection(before) != _selection(after):
        yield "the selection changes, and objects that were not selected before stay left out unless they change"


def _selection(definition: Mapping[str, object]) -> object:
    states = definition.get("States")
    check = states.get(CHECK_INPUT) if isinstance(states, Mapping) else None
    assigned = check.get("Assign") if isinstance(check, Mapping) else None
    return assigned.get(SELECT) if isinstance(assigned, Mapping) else None
