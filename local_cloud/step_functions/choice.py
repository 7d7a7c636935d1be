"""Choice: the first rule whose Condition is true.
https://docs.aws.amazon.com/step-functions/latest/dg/state-choice.html
"""

from collections.abc import Callable
from typing import Any

from local_cloud.step_functions.errors import NO_CHOICE_MATCHED, QUERY_EVALUATION_ERROR, StateFailure


def choose(state: dict[str, Any], value: Callable[[Any], Any]) -> tuple[dict[str, Any], str]:
    """The rule that matches, or the state itself for Default, and the next state's name.

    The Assign and Output of what is returned apply. `value` evaluates a Condition. Raises States.NoChoiceMatched.
    """
    for rule in state["Choices"]:
        matches = value(rule["Condition"])
        if not isinstance(matches, bool):
            raise StateFailure(QUERY_EVALUATION_ERROR, f"A Condition is {matches!r}, not a boolean.")
        if matches:
            return rule, rule["Next"]
    if "Default" not in state:
        raise StateFailure(NO_CHOICE_MATCHED, "No Condition is true, and the state has no Default.")
    return state, state["Default"]
