"""The diagram of a workflow's change: every state once, marked by what becomes of it."""

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


def drawn() -> tuple[DefinitionChange, str]:
    after = copy.deepcopy(BEFORE)
    states = after["States"]
    del states["Old"]
    states["First"]["Next"] = 'New "one"'
    states['New "one"'] = {"Type": "Pass", "Next": "Both"}
    states["Both"]["Branches"][1]["States"]["each"]["ItemProcessor"]["States"]["one"] = ENDS | {"Comment": "new"}
    change = DefinitionChange(address="aws_sfn_state_machine.any", before=BEFORE, after=after)
    return change, diagram(change)


def test_the_states_that_change_are_those_that_differ_themselves_not_those_around_them() -> None:
    change, _ = drawn()
    assert {each.name: each.fate for each in change.changed} == {
        "First": "changed",
        "Both / each / one": "changed",
        'New "one"': "added",
        "Old": "removed",
    }


def test_each_state_is_drawn_once_and_marked_and_each_way_leads_where_it_did_and_does() -> None:
    _, text = drawn()
    names = dict(re.findall(r'(s\d+)[ \[({]+"([^"]*)"', text))
    assert sorted(names.values()) == sorted(
        [
            *("Both", "Failed", "First (changed)", "New &quot;one&quot; (new)", "Old (gone)"),
            *("each", "left", "one (changed)"),
        ]
    )
    ways = re.findall(r"(s\d+) (?:-- (\w+) )?(-->|-\.->) (s\d+)", text)
    assert {(names[start].split(" ")[0], arrow, names[end].split(" ")[0], why) for start, why, arrow, end in ways} == {
        ("First", "-->", "New", ""),
        ("First", "-->", "Failed", "caught"),
        ("New", "-->", "Both", ""),
        ("First", "-.->", "Old", ""),
        ("Old", "-.->", "Both", ""),
    }
    classes = {names[state].split(" ")[0]: kind for state, kind in re.findall(r"class (s\d+) (\w+)", text)}
    assert classes == {"First": "changed", "New": "added", "one": "changed", "Old": "removed"}
    assert text.count("subgraph") == text.count(" end\n") == 2
