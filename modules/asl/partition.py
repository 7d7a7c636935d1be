"""Integration ARNs in the partition of a machine: `arn:aws-cn:states:::lambda:invoke`.

An execution refuses one of another partition only when it reaches that state.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
"""

import re
from collections.abc import Mapping

_INTEGRATION = re.compile(r"arn:aws[a-z-]*(?=:states:::)")
_CALLS = ("ItemReader", "ResultWriter")
_WORKFLOWS = ("ItemProcessor", "Iterator")


def in_partition(definition: Mapping[str, object], partition: str) -> dict[str, object]:
    """The definition with the integration ARNs of its tasks, item readers and result writers in `partition`.

    Nothing else changes: an ARN that names a resource says itself where that resource is.
    """
    states = definition.get("States")
    if not isinstance(states, Mapping):
        return dict(definition)
    return {**definition, "States": {name: _state(state, partition) for name, state in states.items()}}


def _state(state: object, partition: str) -> object:
    if not isinstance(state, Mapping):
        return state
    changed = _call(state, partition)
    for field in _CALLS:
        if isinstance(call := state.get(field), Mapping):
            changed[field] = _call(call, partition)
    for field in _WORKFLOWS:
        if isinstance(workflow := state.get(field), Mapping):
            changed[field] = in_partition(workflow, partition)
    if isinstance(branches := state.get("Branches"), list):
        changed["Branches"] = [
            in_partition(branch, partition) if isinstance(branch, Mapping) else branch for branch in branches
        ]
    return changed


def _call(holder: Mapping[str, object], partition: str) -> dict[str, object]:
    resource = holder.get("Resource")
    if not isinstance(resource, str):
        return dict(holder)
    return {**holder, "Resource": _INTEGRATION.sub(f"arn:{partition}", resource)}
