"""Definitions in JSONPath that Step Functions refuses at their creation."""

import json
from typing import Any

import pytest

from local_cloud.step_functions.definition import problems

PASS = {"Type": "Pass", "End": True}
DONE = {"Done": {"Type": "Succeed"}}
RULE = {"Variable": "$.n", "NumericEquals": 1, "Next": "Done"}
TASK = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True}
MAP = {"Type": "Map", "ItemProcessor": {"StartAt": "I", "States": {"I": PASS}}, "End": True}
DISTRIBUTED = {
    "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
    "StartAt": "I",
    "States": {"I": PASS},
}


def choice(*rules: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"Type": "Choice", "Choices": list(rules), "Default": "Done", **fields}


def machine(state: dict[str, Any], **fields: Any) -> str:
    more = DONE if state["Type"] == "Choice" or "Catch" in state else {}
    return json.dumps({"StartAt": "S", "States": {"S": state, **more}, **fields})


def found(state: dict[str, Any], **fields: Any) -> list[str]:
    return [problem.removeprefix("SCHEMA_VALIDATION_FAILED: ") for problem in problems(machine(state, **fields))]


@pytest.mark.parametrize(
    "state",
    [
        PASS,
        {
            **PASS,
            "Result": {"a.$": 1},
            "ResultPath": "$.a['b'][0]",
            "InputPath": None,
            "OutputPath": "$.[?(@.year < 1999)].name",
        },
        {
            **TASK,
            "TimeoutSecondsPath": "$.t",
            "ResultSelector": {"a": [{"b.$": "$$.Execution.Id"}]},
            "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": None, "Next": "Done"}],
        },
        {"Type": "Fail", "ErrorPath": "$e", "CausePath": "States.UUID()"},
        {"Type": "Wait", "TimestampPath": "$$.Execution.Input.at", "End": True},
        choice(
            {
                "And": [
                    {"Variable": "$", "IsPresent": True},
                    {"Not": {"Or": [{"Variable": "$v", "StringEqualsPath": "$.x"}]}},
                ],
                "Assign": {"a.$": "$"},
                "Next": "Done",
            }
        ),
        {
            **MAP,
            "ItemsPath": "$$.Execution.Input.items",
            "MaxConcurrencyPath": "$.n",
            "ItemSelector": {"v.$": "$$.Map.Item.Value"},
        },
        {
            **MAP,
            "ItemProcessor": DISTRIBUTED,
            "ItemBatcher": {"MaxItemsPerBatchPath": "$.n", "BatchInput": {"a.$": "$.a"}},
        },
        {"Type": "Map", "Iterator": MAP["ItemProcessor"], "Parameters": {"v.$": "$"}, "End": True},
        {**PASS, "QueryLanguage": "JSONata", "Output": "{% $states.input %}"},
    ],
)
def test_a_definition_that_runs_has_no_problems(state: dict[str, Any]) -> None:
    assert found(state) == []


INVALID = "The value for the field 'v.$' must be a valid JSONPath or a valid intrinsic function call at /States/S"


@pytest.mark.parametrize(
    ("state", "problem"),
    [
        ({**PASS, "Parameters": {"v.$": "x"}}, f"{INVALID}/Parameters"),
        ({**PASS, "Parameters": {"v.$": 1}}, f"{INVALID}/Parameters"),
        ({**PASS, "Parameters": {"a": [{"v.$": "States.Nope()"}]}}, f"{INVALID}/Parameters/a[0]"),
        ({**PASS, "Parameters": {"v.$": "States.StringToJson('\\\"')"}}, f"{INVALID}/Parameters"),
        ({**PASS, "Assign": {"v.$": "$["}}, f"{INVALID}/Assign"),
        ({**PASS, "InputPath": "x"}, "Value is not a valid JSONPath at /States/S/InputPath"),
        ({**PASS, "ResultPath": "$.a[*]"}, "Value is not a Reference Path at /States/S/ResultPath"),
        ({**PASS, "ResultPath": "$$.a"}, "Value is not a Reference Path at /States/S/ResultPath"),
        ({**PASS, "ResultPath": "$v"}, "Value is not a Reference Path at /States/S/ResultPath"),
        ({**PASS, "Arguments": {}}, "Arguments belongs to JSONata; use Parameters in JSONPath at /States/S/Arguments"),
        ({**PASS, "Retry": []}, "Field is not supported at /States/S/Retry"),
        ({"Type": "Pass"}, "a Pass needs either Next or End at /States/S"),
        ({"Type": "Task", "End": True}, "The field 'Resource' is required but was missing at /States/S"),
        ({"Type": "Parallel", "Branches": [], "End": True}, "Value cannot be empty at /States/S/Branches"),
        (
            {**TASK, "TimeoutSeconds": 1, "TimeoutSecondsPath": "$.t"},
            "a state has either TimeoutSeconds or TimeoutSecondsPath at /States/S",
        ),
        (
            {"Type": "Wait", "Seconds": 1, "SecondsPath": "$.s", "End": True},
            "a Wait needs one of Seconds, SecondsPath, Timestamp and TimestampPath at /States/S",
        ),
        ({"Type": "Wait", "Seconds": 1.5, "End": True}, "a whole number of 0 or more is expected at /States/S/Seconds"),
        (
            {"Type": "Wait", "Timestamp": "soon", "End": True},
            "String does not match RFC3339 timestamp at /States/S/Timestamp",
        ),
        (
            choice({"Variable": "$.n", "Next": "Done"}),
            "a rule has one of And, Or and Not, or a Variable and one operator at /States/S/Choices[0]",
        ),
        (
            choice({**RULE, "IsNull": True}),
            "a rule has one of And, Or and Not, or a Variable and one operator at /States/S/Choices[0]",
        ),
        (
            choice({"Variable": "$.n", "NumericEquals": "1", "Next": "Done"}),
            "a number is expected at /States/S/Choices[0]/NumericEquals",
        ),
        (
            choice({"Variable": "$.n", "TimestampEquals": "x", "Next": "Done"}),
            "String does not match RFC3339 timestamp at /States/S/Choices[0]/TimestampEquals",
        ),
        (
            choice({"Variable": "$.n", "IsNull": "yes", "Next": "Done"}),
            "a boolean is expected at /States/S/Choices[0]/IsNull",
        ),
        (
            choice({"Variable": "n", "IsNull": True, "Next": "Done"}),
            "Value is not a valid JSONPath at /States/S/Choices[0]/Variable",
        ),
        (
            choice({"Variable": "$.n", "IsNull": True}),
            "The field 'Next' is required but was missing at /States/S/Choices[0]",
        ),
        (choice({"And": [], "Next": "Done"}), "Value cannot be empty at /States/S/Choices[0]/And"),
        (choice({"Not": RULE, "Next": "Done"}), "Field is not supported at /States/S/Choices[0]/Not/Next"),
        (
            choice({"Condition": "{% true %}", "Next": "Done"}),
            "Condition belongs to JSONata; use Variable and an operator in JSONPath at /States/S/Choices[0]/Condition",
        ),
        (choice(RULE, Default="Nowhere"), "S: there is no state Nowhere to go to"),
        ({"Type": "Map", "End": True}, "The field 'ItemProcessor' is required but was missing at /States/S"),
        (
            {**MAP, "Iterator": MAP["ItemProcessor"]},
            "a Map has either ItemProcessor or Iterator, its old name, at /States/S",
        ),
        ({**MAP, "ItemReader": {}}, "ItemReader needs a ProcessorConfig with Mode DISTRIBUTED at /States/S/ItemReader"),
        (
            {**MAP, "ItemProcessor": DISTRIBUTED, "ItemReader": {"Resource": "arn:aws:states:::s3:getObject"}},
            "ItemReader needs Parameters at /States/S/ItemReader",
        ),
        (
            {**MAP, "ItemProcessor": DISTRIBUTED, "ResultWriter": {"Arguments": {}}},
            "Arguments belongs to JSONata; use Parameters in JSONPath at /States/S/ResultWriter/Arguments",
        ),
        (
            {"Type": "Sleep"},
            "The field 'Type' should have one of these values: [Task, Wait, Pass, Succeed, Fail, Choice, Parallel, Map]"
            " at /States/S/Type",
        ),
        ({**PASS, "QueryLanguage": "SQL"}, "QueryLanguage must be one of JSONPath, JSONata at /States/S/QueryLanguage"),
    ],
)
def test_a_definition_that_step_functions_would_refuse_is_refused(state: dict[str, Any], problem: str) -> None:
    assert problem in found(state)


def test_a_state_in_json_path_is_refused_in_a_jsonata_machine() -> None:
    """Fact 51."""
    assert found({**PASS, "QueryLanguage": "JSONPath"}, QueryLanguage="JSONata") == [
        "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine at /States/S/QueryLanguage"
    ]


def test_a_branch_may_not_assign_a_variable_of_the_outer_states() -> None:
    branch = {"StartAt": "B", "States": {"B": {**PASS, "Assign": {"v.$": "$"}}}}
    states = {
        "Set": {"Type": "Pass", "Assign": {"v": 1}, "Next": "Both"},
        "Both": {"Type": "Parallel", "Branches": [branch], "End": True},
    }
    [problem] = problems(json.dumps({"StartAt": "Set", "States": states}))
    assert "v is assigned on the way into this branch" in problem
