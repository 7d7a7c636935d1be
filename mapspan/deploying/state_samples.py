"""What the states of the pipeline's definition are tested with: an input, variables, and mocked answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

from modules.asl.nested_states import NestedState
from modules.pipeline.workflow.names import (
    KEY_LISTS,
    LIST_SHARD,
    MAP_RUNS,
    PROCESS_OBJECTS,
    PROCESS_SHARD,
    PROCESS_SHARDS,
    SHARD_LISTED,
)

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.type_defs import MockInputTypeDef

_EXECUTION = "verify-definition"
_ARN = "arn:aws:states:us-east-1:111111111111"
_DELIVERY = "2026-11-20T01-00Z"

# Every prefix that the environment allows.
_INPUT: dict[str, Any] = {}
CONTEXT = {
    "Execution": {
        "Id": f"{_ARN}:execution:mapspan:{_EXECUTION}",
        "Input": _INPUT,
        "Name": _EXECUTION,
        "RoleArn": "arn:aws:iam::111111111111:role/mapspan",
        "StartTime": "2026-11-20T02:00:00.000Z",
    },
    "StateMachine": {"Id": f"{_ARN}:stateMachine:mapspan", "Name": "mapspan"},
    "State": {"EnteredTime": "2026-11-20T02:00:00.000Z", "Name": "State"},
}

_KEY_LIST = {"prefix": f"{KEY_LISTS}{_EXECUTION}/"}
_MAP_RUN = {
    "MapRunArn": f"{_ARN}:mapRun:mapspan/{PROCESS_OBJECTS}:5b43b5a6-5a43-3f73-9ba9-1f0b2a0b9b6a",
    "ResultWriterDetails": {"Bucket": "runs", "Key": f"{MAP_RUNS}{_EXECUTION}/manifest.json"},
}
_SUMMARY = {
    "ledger": {"listed": 1, "succeeded": 1, "skipped": 0, "failed": 0, "pending": 0},
    "failures": {},
    "skips": {},
    "retry": {"prefix": f"{KEY_LISTS}{_EXECUTION}/retry/", "keys": 0},
    "run_summary_error": None,
    "checkpoint": None,
}
_LISTED = {"seen": 1, "listed": 1, "key_list": _KEY_LIST, "looked_from": None, "looked_until": "2026-11-20T02:00:00Z"}
_SHARD = {"prefix": f"{_KEY_LIST['prefix']}listed/shard-0-000-attempt/", "keys": 1, "checkpoint": None}
_LISTER: dict[str, Any] = {"prefix": None, "keys": 0, "checkpoint": {}}
_LISTED_ON = {"prefix": _SHARD["prefix"], "checkpoints": [{}]}
_STEP_DONE = {"seen": 1, "listed": 1, **_LISTED_ON, "map_runs": [_MAP_RUN]}
# What some state of the definition assigns: each state gets all of it, and uses what it needs.
VARIABLES = {
    "prefixes": ["2026/"],
    "max_keys": None,
    "refusal": "",
    "parts": 1,
    "key_list": _KEY_LIST,
    "checkpoint": None,
    "select": [],
    "changes": "changed",
    "unrestricted": True,
    "seen": 1,
    "listed": 1,
    "looked_from": None,
    "looked_until": "2026-11-20T02:00:00Z",
    "cut_off": False,
    "shards": [_SHARD, _LISTER],
    "map_runs": [_MAP_RUN],
    "started_by": None,
    "summary": _SUMMARY,
    "oldest": "2026-11-19T01-00Z",
    "complete": _DELIVERY,
    "begun": _DELIVERY,
    "manifest": f"landing-zone/all/{_DELIVERY}/manifest.json",
    "file_format": "CSV",
    "file_schema": "Bucket, Key, Size, LastModifiedDate, ETag",
}

# By the end of the Task's Resource. A function's payload has what the states read of any function's.
_RESULTS: dict[str, dict[str, Any]] = {
    "lambda:invoke": {
        "StatusCode": 200,
        "Payload": {**_SUMMARY, **_LISTED, "shards": [], **_LISTED_ON},
    },
    "aws-sdk:s3:listObjectsV2": {
        "Contents": [{"Key": f"landing-zone/all/{_DELIVERY}/manifest.{end}"} for end in ("checksum", "json")]
    },
    "aws-sdk:s3:getObject": {
        "Body": json.dumps({"fileFormat": VARIABLES["file_format"], "fileSchema": VARIABLES["file_schema"]})
    },
    "aws-sdk:sfn:describeMapRun": {"ItemCounts": {"Total": 1}},
}


def state_input(state: NestedState) -> dict[str, Any]:
    """The input of a state: a shard, a lister, or the run's."""
    if state.name == LIST_SHARD:
        return _LISTER
    return _SHARD if state.name in (SHARD_LISTED, PROCESS_SHARD) else _INPUT


def mock(state: NestedState) -> MockInputTypeDef | None:
    """The mocked answer of a Task or a Map; None for other states, whose mocks AWS refuses.

    Raises KeyError for a Task without a sample.
    """
    match state.state.get("Type"):
        case "Map" if state.name == PROCESS_SHARDS:
            return {"result": json.dumps([_STEP_DONE])}
        case "Map":
            return {"result": json.dumps(_MAP_RUN if "ResultWriter" in state.state else [])}
        case "Task":
            action = state.resource.partition(":::")[2]
            # AWS's model of Invoke has bytes as Payload, where the integration passes JSON. The other samples have only
            # those fields of an answer that the states read.
            mode: Literal["NONE", "PRESENT"] = "NONE" if action == "lambda:invoke" else "PRESENT"
            return {"result": json.dumps(_RESULTS[action]), "fieldValidationMode": mode}
        case _:
            return None
