"""A definition as it runs: every state names its query language, and Maps have the newer names of their fields."""

from typing import Any

from local_cloud.step_functions.scopes import all_states

# https://docs.aws.amazon.com/step-functions/latest/dg/state-map.html
OLD_NAMES = {"Iterator": "ItemProcessor", "Parameters": "ItemSelector"}


def normalize(definition: dict[str, Any]) -> dict[str, Any]:
    """The definition itself, changed. A state's language is its own, or else that of the whole definition."""
    language = definition.get("QueryLanguage", "JSONPath")
    for _, state in all_states(definition):
        state.setdefault("QueryLanguage", language)
        if state["Type"] == "Map":
            for old in OLD_NAMES.keys() & state.keys():
                state[OLD_NAMES[old]] = state.pop(old)
    return definition
