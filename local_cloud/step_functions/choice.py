"""Choice: the first rule whose Condition holds.
https://docs.aws.amazon.com/step-functions/latest/dg/state-choice.html
"""

from collections.abc import Callable
from typing import Any

from local_cloud.step_functions.errors import NO_CHOICE_MATCHED, QUERY_EVALUATION_ERROR, StateFailure


def taken(state: dict[str, Any], value: Callable[[Any], Any]) -> tuple[dict[str, Any], str]:
    """Whose Assign and Output apply, the rule's or the state's (for Default), and the next state.

    `value` evaluates a Condition. Raises States.NoChoiceMatched.
    """
    for rule in state["Choices"]:
        holds = value(rule["Condition"])
        if not isinstance(holds, bool):
            raise StateFailure(QUERY_EVALUATION_ERROR, f"A Condition is {holds!r}, not a boolean.")
        if holds:
            return rule, rule["Next"]
    if "Default" not in state:
        raise StateFailure(NO_CHOICE_MATCHED, "No Condition holds, and the state has no Default.")
    return state, state["Default"]
