"""Definitions that AWS was recorded to refuse at their creation. The facts are in docs/recorded-on-aws.md."""

import json
from typing import Any

import pytest

from local_cloud.step_functions.definition import problems

PASS = {"Type": "Pass", "End": True}
DISTRIBUTED = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
NOT_RECOGNIZED = (
    "SCHEMA_VALIDATION_FAILED: The resource provided {} is not recognized. The value is not a valid resource ARN, or"
    " the resource is not available in this region. at /States/S/Resource"
)


def machine(state: dict[str, Any], **fields: Any) -> str:
    return json.dumps({"QueryLanguage": "JSONata", "StartAt": "S", "States": {"S": state}, **fields})


def task(resource: str, **fields: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": resource, "End": True, **fields}


def distributed(**fields: Any) -> dict[str, Any]:
    processor = {"ProcessorConfig": DISTRIBUTED, "StartAt": "I", "States": {"I": PASS}}
    return {"Type": "Map", "ItemProcessor": processor, "End": True, **fields}


@pytest.mark.parametrize(
    "resource",
    [
        "arn:aws:states:::dynamodb:query",
        "arn:aws:states:::s3:getObject",
        "arn:aws:states:::lambda:invoke.later",
        "arn:aws:states:::aws-sdk:s3:getObjects",
        "arn:aws:states:::aws-sdk:s3:getObject.sync",
        "arn:aws:states:::aws-sdk:stepfunctions:startExecution",
        "arn:aws:iam::111111111111:role/r",
        "f",
    ],
)
def test_an_unknown_integration_is_refused(resource: str) -> None:
    """Fact 51. The readers' S3 actions are no integrations of a Task."""
    assert problems(machine(task(resource))) == [NOT_RECOGNIZED.format(resource)]


@pytest.mark.parametrize(
    "resource",
    [
        "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "arn:aws:states:::ecs:runTask.sync",
        "arn:aws:states:::states:startExecution.sync:2",
        "arn:aws:states:::aws-sdk:s3:getObject",
        "arn:aws:states:::aws-sdk:sfn:startExecution",
        "arn:aws-us-gov:states:::dynamodb:getItem",
        "arn:aws:lambda:us-east-1:111111111111:function:f:$LATEST",
        "arn:aws:states:us-east-1:111111111111:activity:a",
    ],
)
def test_a_known_integration_is_accepted(resource: str) -> None:
    assert problems(machine(task(resource))) == []


@pytest.mark.parametrize(
    ("state", "problem"),
    [
        (
            task("arn:aws:states:::states:startExecution.sync:2"),
            "Express state machine does not support '.sync:2' service integration at /States/S/Resource",
        ),
        (
            task("arn:aws:states:::ecs:runTask.sync"),
            "Express state machine does not support '.sync' service integration at /States/S/Resource",
        ),
        (
            task("arn:aws:states:::sqs:sendMessage.waitForTaskToken"),
            "Express state machine does not support '.waitForTaskToken' service integration at /States/S/Resource",
        ),
        (
            task("arn:aws:states:us-east-1:111111111111:activity:a"),
            "Express state machine does not support Activity ARN at /States/S/Resource",
        ),
        (distributed(), "Express state machine does not support a Map in DISTRIBUTED mode at /States/S"),
        (
            {
                "Type": "Parallel",
                "Branches": [
                    {"StartAt": "A", "States": {"A": PASS}},
                    {"StartAt": "B", "States": {"B": task("arn:aws:states:::ecs:runTask.sync")}},
                ],
                "End": True,
            },
            "Express state machine does not support '.sync' service integration at"
            " /States/S/Branches[1]/States/B/Resource",
        ),
    ],
)
def test_an_express_machine_waits_for_nothing_and_runs_no_distributed_map(state: dict[str, Any], problem: str) -> None:
    """Fact 51."""
    assert problems(machine(state), "EXPRESS") == [f"SCHEMA_VALIDATION_FAILED: {problem}"]
    assert problems(machine(state), "STANDARD") == []


@pytest.mark.parametrize("until", ["2026-01-01 00:00:00Z", "2026-01-01T00:00:00", "2026-01-01", "soon"])
def test_a_timestamp_without_t_or_zone_is_refused(until: str) -> None:
    """Fact 45."""
    assert problems(machine({"Type": "Wait", "Timestamp": until, "End": True})) == [
        "SCHEMA_VALIDATION_FAILED: String does not match RFC3339 timestamp at /States/S/Timestamp"
    ]


def test_missing_fields_are_named() -> None:
    """Fact 51."""
    assert problems("{}") == ["SCHEMA_VALIDATION_FAILED: These fields are required: [States, StartAt] at /"]


def test_a_state_in_json_path_is_refused_in_a_jsonata_machine() -> None:
    """Fact 51."""
    assert problems(machine({**PASS, "QueryLanguage": "JSONPath"})) == [
        "SCHEMA_VALIDATION_FAILED: 'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine at"
        " /States/S/QueryLanguage"
    ]


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("phone", ["phone"]),
        ("phone[0].b", ["phone"]),
        ("$.phone", ["$"]),
        ("$$.phone", ["$$"]),
        ("aaa + bbb + aaa", ["aaa", "bbb"]),
        ("{aaa: 1}", ["aaa"]),
        ("$map($states.input.a, function($x) { b })", ["b"]),
        ("$states.input.a ? b : -c", ["b", "c"]),
        ("($x := a; $x)", ["a"]),
        ("a ~> $f()", ["a"]),
    ],
)
def test_a_bare_reference_is_refused(code: str, names: list[str]) -> None:
    """AWS evaluates an expression without a context: what it reads begins with $states or a variable."""
    state = {**PASS, "Output": {"a": [f"{{% {code} %}}"]}}
    assert problems(machine(state)) == [
        f"UNSUPPORTED_JSONATA_EXPRESSION: Reference to '{name}' at the top level is not supported. at"
        " /States/S/Output/a[0]"
        for name in names
    ]


@pytest.mark.parametrize(
    "code",
    [
        "$states.input.phone",
        "$states.input.items[phone > 3]^(b).{'c': d}",
        "$states.input.a{k: v}",
        "$map($states.input.a, function($x) { $x.phone })",
        "$phone",
        "$states.input ~> |a|{'b': c}|",
    ],
)
def test_a_reference_through_a_value_is_accepted(code: str) -> None:
    assert problems(machine({**PASS, "Output": f"{{% {code} %}}"})) == []


def test_eval_is_refused_wherever_it_stands() -> None:
    rule = {"Condition": "{% $eval('true') %}", "Next": "T"}
    text = machine({"Type": "Choice", "Choices": [rule], "Default": "T"})
    states = {**json.loads(text)["States"], "T": {"Type": "Succeed", "Output": "{% [1].($eval('2')) %}"}}
    found = problems(machine({}, States=states))
    assert [problem.rpartition(" at ")[2] for problem in found] == [
        "/States/S/Choices[0]/Condition",
        "/States/T/Output",
    ]
    assert all("The function $eval is not supported" in problem for problem in found)


def test_texts_that_aws_does_not_evaluate_may_look_like_expressions() -> None:
    retry = [{"ErrorEquals": ["{% phone %}"]}]
    state = task("arn:aws:states:::lambda:invoke", Comment="{% phone %}", Retry=retry)
    assert problems(machine(state)) == []


def test_an_expression_that_does_not_parse_is_refused_at_its_place() -> None:
    [problem] = problems(machine({**PASS, "Output": {"v": "{% $a[1,2) %}"}}))
    assert problem.startswith("INVALID_JSONATA_EXPRESSION: ")
    assert problem.endswith(" at /States/S/Output/v")


def test_an_unknown_field_of_a_reader_config_is_refused() -> None:
    reader = {
        "Resource": "arn:aws:states:::s3:getObject",
        "ReaderConfig": {"InputTyp": "JSON"},
        "Arguments": {"Bucket": "b", "Key": "k"},
    }
    assert problems(machine(distributed(ItemReader=reader))) == [
        "SCHEMA_VALIDATION_FAILED: unknown field InputTyp: did you mean InputType? at"
        " /States/S/ItemReader/ReaderConfig/InputTyp"
    ]
