"""Choice: the first rule whose Condition is true.
https://docs.aws.amazon.com/step-functions/latest/dg/state-choice.html
"""

from collections.abc import Callable
from typing import Any

from local_cloud.step_functions.errors import NO_CHOICE_MATCHED, StateFailure


def choose(state: dict[str, Any], is_true: Callable[[Any, str], bool]) -> tuple[dict[str, Any], str, str]:
    """What applies, its path within the state, and the next state's name.

    What applies is the rule whose Condition is true, at `Choices[0]/`, or for Default the state itself, at "": its
    Assign and Output count. `is_true` evaluates the Condition of a field. Raises States.NoChoiceMatched.
    """
    for index, rule in enumerate(state["Choices"]):
        where = f"Choices[{index}]/"
        if is_true(rule["Condition"], f"{where}Condition"):
            return rule, where, rule["Next"]
    if "Default" not in state:
        raise StateFailure(NO_CHOICE_MATCHED, "No Condition is true, and the state has no Default.")
    return state, "", state["Default"]
