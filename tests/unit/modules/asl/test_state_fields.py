"""A misspelt type, field or mode is an error: permissions follow from it, and would be missing silently."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from modules.asl.nested_states import nested_states
from modules.asl.query_language import DefinitionError

INVOKE = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True}
CHILD = {"ProcessorConfig": {"Mode": "DISTRIBUTED"}, "StartAt": "Call", "States": {"Call": INVOKE}}
MAP = {"Type": "Map", "ItemProcessor": CHILD, "End": True}
PARALLEL = {"Type": "Parallel", "Branches": [{"StartAt": "Call", "States": {"Call": INVOKE}}], "End": True}


def states(state: Mapping[str, object]) -> list[str]:
    return [nested.name for nested in nested_states({"StartAt": "First", "States": {"First": state}})]


@pytest.mark.parametrize("state", [INVOKE, MAP, PARALLEL, {"Type": "Pass", "AnyField": 1}])
def test_a_state_with_known_fields_is_read(state: Mapping[str, object]) -> None:
    assert states(state)[0] == "First"


@pytest.mark.parametrize(
    ("state", "before", "after", "error"),
    [
        (INVOKE, '"Type": "Task"', '"Type": "task"', "Type: 'task' is not a type of state: did you mean Task?"),
        (INVOKE, '"Type": "Task", ', "", "Type: None is not a type of state"),
        (INVOKE, '"Resource"', '"Resorce"', "Resorce: unknown field of a Task state: did you mean Resource?"),
        (PARALLEL, '"Branches"', '"Branch"', "Branch: unknown field of a Parallel state: did you mean Branches?"),
        (
            MAP,
            '"ItemProcessor"',
            '"ItemProcesor"',
            "ItemProcesor: unknown field of a Map state: did you mean ItemProcessor?",
        ),
        (MAP, '"End"', '"Label": "any*", "End"', "Label: must not contain '*': 'any*'"),
        (MAP, '"DISTRIBUTED"', '"distributed"', "Mode: must be INLINE or DISTRIBUTED, not 'distributed'"),
        (
            MAP,
            '"Type": "Map"',
            '"Type": "Map", "ItemReadr": {}',
            "ItemReadr: unknown field of a Map state: did you mean ItemReader?",
        ),
    ],
)
def test_a_misspelt_state_is_an_error_with_the_right_word(
    state: Mapping[str, object], before: str, after: str, error: str
) -> None:
    text = json.dumps(state)
    assert before in text
    with pytest.raises(DefinitionError, match=r"^the definition\.States\.First\.") as raised:
        states(json.loads(text.replace(before, after, 1)))
    assert error in str(raised.value)
