"""A definition without the fields that only JSONPath has, so that rules for JSONata definitions can be applied.

What remains is what both languages share: the states, where each goes next, and the variables that it assigns.
"""

from typing import Any

from local_cloud.step_functions.data_flow import is_json_path

_KEPT = frozenset({"Type", "Comment", "Resource", "Next", "End", "Default", "Retry", "Label"})


def skeleton(scope: dict[str, Any]) -> dict[str, Any]:
    """The definition, or a branch of it, with every state in JSONata."""
    return {**scope, "States": {name: _state(state) for name, state in scope["States"].items()}}


def _state(state: dict[str, Any]) -> dict[str, Any]:
    changed: dict[str, Any] = {}
    if "Branches" in state:
        changed["Branches"] = [skeleton(branch) for branch in state["Branches"]]
    if "ItemProcessor" in state:
        changed["ItemProcessor"] = skeleton(state["ItemProcessor"])
    if not is_json_path(state):
        return {**state, **changed}
    for name in ("Choices", "Catch"):
        if name in state:
            changed[name] = [_entry(entry, choice=name == "Choices") for entry in state[name]]
    kept = {name: value for name, value in state.items() if name in _KEPT}
    return {**kept, **changed, "QueryLanguage": "JSONata", **_assigned(state)}


def _entry(entry: dict[str, Any], *, choice: bool) -> dict[str, Any]:
    """A rule or a catcher."""
    kind: dict[str, Any] = {"Condition": True} if choice else {"ErrorEquals": entry["ErrorEquals"]}
    return {**kind, "Next": entry["Next"], **_assigned(entry)}


def _assigned(fields: dict[str, Any]) -> dict[str, Any]:
    """The names of the variables, without what they become."""
    return {"Assign": {name.removesuffix(".$"): None for name in fields["Assign"]}} if "Assign" in fields else {}
