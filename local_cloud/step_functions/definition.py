"""The definitions that the local cloud runs.

sfnx knows what Step Functions rejects in JSONata definitions. The rules of distributed Maps are added here.
https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import sfnx.testing

from local_cloud.step_functions.errors import ApiError
from local_cloud.step_functions.processor_config import is_distributed, is_express, processor_config
from local_cloud.step_functions.scopes import all_states, inner_scopes
from modules.asl.execution_type import EXECUTION_TYPES

# https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
_LIMIT_BYTES = 1024 * 1024
_LABEL = re.compile(r"[^\s?*<>{}\[\]:;,\\|^~$#%&`\"\x00-\x1f\x7f-\x9f]{1,40}")
_NOT_IN_EXPRESS = (".waitForTaskToken", ".sync", ".sync:2")
_DISTRIBUTED_ONLY = ("ItemReader", "ItemBatcher", "ResultWriter", "Label", "ToleratedFailureCount")


def parse_definition(text: str) -> dict[str, Any]:
    """The definition as a dict. Raises ApiError InvalidDefinition, with every problem."""
    if all_problems := problems(text):
        raise ApiError("InvalidDefinition", f"Invalid State Machine Definition: '{'; '.join(all_problems)}'")
    definition: dict[str, Any] = json.loads(text)
    return definition


def problems(text: str) -> list[str]:
    """Why Step Functions, or this local cloud, would refuse the definition."""
    if len(text.encode()) > _LIMIT_BYTES:
        return ["SCHEMA_VALIDATION_FAILED: the definition is larger than 1 MB"]
    try:
        return _problems(json.loads(text))
    except ValueError as error:
        return [f"INVALID_JSON_DESCRIPTION: {error}"]


def _problems(definition: dict[str, Any]) -> list[str]:
    try:
        if place := _json_path(definition):
            return [
                f"The local cloud runs JSONata definitions only, and {place} is in JSONPath:"
                ' set "QueryLanguage": "JSONata" at the top of the definition'
            ]
        sfnx.testing.check(definition)
        return [f"SCHEMA_VALIDATION_FAILED: {problem}" for problem in _scope_problems(definition)]
    except (sfnx.testing.Unsupported, sfnx.testing.InvalidDefinition) as error:
        return [f"SCHEMA_VALIDATION_FAILED: {error}"]
    except KeyError as error:
        return [f"SCHEMA_VALIDATION_FAILED: the field {error} is missing"]
    except (AssertionError, AttributeError, TypeError) as error:
        return [f"SCHEMA_VALIDATION_FAILED: a field has the wrong type ({error})"]


def _json_path(definition: dict[str, Any]) -> str | None:
    """What is in JSONPath: `this one` for the definition, or the name of a state."""
    language = definition.get("QueryLanguage", "JSONPath")
    for name, state in all_states(definition):
        neutral = state["Type"] in {"Succeed", "Fail"}
        if state.get("QueryLanguage", language) != "JSONata" and not neutral:
            return name if language == "JSONata" else "this one"
    return None


def _scope_problems(scope: dict[str, Any], *, express: bool = False) -> Iterator[str]:
    """`express`: the scope's states run in EXPRESS executions."""
    for name, state in scope["States"].items():
        if express and str(state.get("Resource", "")).endswith(_NOT_IN_EXPRESS):
            yield f"{name}: {state['Resource']} does not run in EXPRESS executions"
        if "Credentials" in state:
            yield f"{name}: the local cloud runs Tasks as the machine's role only, not with Credentials"
        inner_express = express
        if state["Type"] == "Map":
            inner_express = express or is_express(state)
            yield from _map_problems(name, state, express=express)
        for inner in inner_scopes(state):
            yield from _scope_problems(inner, express=inner_express)


def _map_problems(name: str, state: dict[str, Any], *, express: bool) -> Iterator[str]:
    if is_distributed(state):
        if express:
            yield f"{name}: a distributed Map does not run in EXPRESS executions"
        yield from _distributed_problems(name, state)
        return
    for field in _DISTRIBUTED_ONLY:
        if field in state:
            yield f"{name}: {field} needs a ProcessorConfig with Mode DISTRIBUTED"


def _distributed_problems(name: str, state: dict[str, Any]) -> Iterator[str]:
    if processor_config(state).get("ExecutionType") not in EXECUTION_TYPES:
        yield f"{name}: ProcessorConfig needs an ExecutionType, STANDARD or EXPRESS"
    if "Label" in state and not _LABEL.fullmatch(state["Label"]):
        yield f"{name}: Label must be 1 to 40 characters without white space or special characters"
    batcher = state.get("ItemBatcher")
    if batcher is not None and not {"MaxItemsPerBatch", "MaxInputBytesPerBatch"} & set(batcher):
        yield f"{name}: ItemBatcher needs MaxItemsPerBatch or MaxInputBytesPerBatch"
    config = state.get("ItemReader", {}).get("ReaderConfig", {})
    if config.get("InputType") == "CSV" and config.get("CSVHeaderLocation") not in {"FIRST_ROW", "GIVEN"}:
        yield f"{name}: a CSV needs a CSVHeaderLocation, FIRST_ROW or GIVEN"
    if config.get("CSVHeaderLocation") == "GIVEN" and not config.get("CSVHeaders"):
        yield f"{name}: CSVHeaderLocation GIVEN needs CSVHeaders"
