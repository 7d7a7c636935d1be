import json
from typing import Any

import pytest

from local_cloud.step_functions.definition import problems

PASS = {"Type": "Pass", "End": True}


def machine(state: dict[str, Any], **fields: Any) -> str:
    return json.dumps({"QueryLanguage": "JSONata", "StartAt": "S", "States": {"S": state}, **fields})


def map_machine(config: dict[str, str], inner: dict[str, Any] | None = None, **fields: Any) -> str:
    processor = {"ProcessorConfig": config, "StartAt": "I", "States": {"I": inner or PASS}}
    return machine({"Type": "Map", "ItemProcessor": processor, "End": True, **fields})


EXPRESS = {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}
STANDARD = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
TOKEN = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "End": True}
NESTED = {
    "Type": "Map",
    "ItemProcessor": {"ProcessorConfig": STANDARD, "StartAt": "J", "States": {"J": PASS}},
    "End": True,
}


@pytest.mark.parametrize(
    "text",
    [
        machine(PASS),
        map_machine(EXPRESS, Label="Each", ItemBatcher={"MaxItemsPerBatch": 10}),
        map_machine(STANDARD, inner=TOKEN),
        map_machine({"Mode": "INLINE"}),
    ],
)
def test_a_definition_that_runs_has_no_problems(text: str) -> None:
    assert problems(text) == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "INVALID_JSON_DESCRIPTION"),
        ("[]", "SCHEMA_VALIDATION_FAILED"),
        ("{}", "States"),
        (machine({**PASS, "Next": "Nowhere"}), "Nowhere"),
        (machine({**PASS, "Output": "{% ( %}"}), "INVALID_JSONATA_EXPRESSION"),
        (machine({**PASS, "Outputs": 1}), "Outputs"),
        (machine({**PASS, "Output": "{% $states.result %}"}), "no result here"),
        (machine({**TOKEN, "Credentials": {"RoleArn": "arn:aws:iam::222222222222:role/r"}}), "Credentials"),
        (map_machine({"Mode": "DISTRIBUTED"}), "ExecutionType"),
        (map_machine(EXPRESS, Label="a b"), "Label"),
        (map_machine(EXPRESS, Label="x" * 41), "Label"),
        (map_machine(EXPRESS, ItemBatcher={}), "ItemBatcher"),
        (map_machine(EXPRESS, inner=TOKEN), "Express"),
        (map_machine(EXPRESS, inner=NESTED), "Express"),
        (map_machine({"Mode": "INLINE"}, Label="Each"), "DISTRIBUTED"),
        (
            map_machine(
                EXPRESS,
                ItemReader={
                    "Resource": "arn:aws:states:::s3:getObject",
                    "Arguments": {"Bucket": "b", "Key": "k"},
                    "ReaderConfig": {"InputType": "CSV"},
                },
            ),
            "CSVHeaderLocation",
        ),
    ],
)
def test_a_definition_that_step_functions_would_refuse_is_refused(text: str, problem: str) -> None:
    assert problem in "".join(problems(text))
