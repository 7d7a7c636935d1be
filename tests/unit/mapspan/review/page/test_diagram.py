"""The diagram of a workflow's change: every state once, marked if it is added, changed or removed."""

from __future__ import annotations

import copy
import re
from typing import Any

from mapspan.review.changes.definition_change import DefinitionChange
from mapspan.review.page.diagram import diagram

ENDS: dict[str, Any] = {"Type": "Pass", "End": True}
BEFORE: dict[str, Any] = {
    "StartAt": "First",
    "States": {
        "First": {"Type": "Task", "Next": "Old", "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Failed"}]},
        "Old": {"Type": "Pass", "Next": "Both"},
        "Both": {
            "Type": "Parallel",
            "Branches": [
                {"StartAt": "left", "States": {"left": ENDS}},
                {
                    "StartAt": "each",
                    "States": {
                        "each": {
                            "Type": "Map",
                            "ItemProcessor": {"StartAt": "one", "States": {"one": ENDS}},
                            "End": True,
                        }
                    },
                },
            ],
            "End": True,
        },
        "Failed": {"Type": "Fail"},
    },
}


def definition_change() -> DefinitionChange:
    after = copy.deepcopy(BEFORE)
    states = after["States"]
    del states["Old"]
    states["First"]["Next"] = 'New "one"'
    states['New "one"'] = {"Type": "Pass", "Next": "Both"}
    states["Both"]["Branches"][1]["States"]["each"]["ItemProcessor"]["States"]["one"] = ENDS | {"Comment": "new"}
    return DefinitionChange(address="aws_sfn_state_machine.any", before=BEFORE, after=after)


def test_a_state_around_a_changed_state_does_not_count_as_changed() -> None:
    assert {state.name: state.fate for state in definition_change().changed_states} == {
        "First": "changed",
        "Both / each / one": "changed",
        'New "one"': "added",
        "Old": "removed",
    }


def test_each_state_is_drawn_once_with_its_mark_and_with_arrows_to_its_old_and_new_successors() -> None:
    text = diagram(definition_change())
    names = dict(re.findall(r'(s\d+)[ \[({]+"([^"]*)"', text))
    assert sorted(names.values()) == sorted(
        [
            *("Both", "Failed", "First (changed)", "New &quot;one&quot; (new)", "Old (removed)"),
            *("each", "left", "one (changed)"),
        ]
    )
    arrows = re.findall(r"(s\d+) (?:-- (\w+) )?(-->|-\.->) (s\d+)", text)
    ends = {
        (names[start].split(" ")[0], arrow, names[end].split(" ")[0], condition)
        for start, condition, arrow, end in arrows
    }
    assert ends == {
        ("First", "-->", "New", ""),
        ("First", "-->", "Failed", "caught"),
        ("New", "-->", "Both", ""),
        ("First", "-.->", "Old", ""),
        ("Old", "-.->", "Both", ""),
    }
    classes = {names[state].split(" ")[0]: kind for state, kind in re.findall(r"class (s\d+) (\w+)", text)}
    assert classes == {"First": "changed", "New": "added", "one": "changed", "Old": "removed"}
    assert text.count("subgraph") == text.count(" end\n") == 2
