"""What makes a definition one that the local cloud runs.

sfnx knows what Step Functions rejects in JSONata definitions; the rules of distributed Maps are added here.
https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import sfnx.testing

from local_cloud.step_functions.errors import ApiError
from local_cloud.step_functions.scopes import all_states, inner_scopes

# https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
_LIMIT_BYTES = 1024 * 1024
_LABEL = re.compile(r"[^\s?*<>{}\[\]:;,\\|^~$#%&`\"\x00-\x1f\x7f-\x9f]{1,40}")
_WAITING = (".waitForTaskToken", ".sync", ".sync:2")
_DISTRIBUTED_ONLY = ("ItemReader", "ItemBatcher", "ResultWriter", "Label", "ToleratedFailureCount")


def parsed(text: str) -> dict[str, Any]:
    """The definition, or ApiError InvalidDefinition with every reason found."""
    found = problems(text)
    if found:
        raise ApiError("InvalidDefinition", f"Invalid State Machine Definition: '{'; '.join(found)}'")
    definition: dict[str, Any] = json.loads(text)
    return definition


def problems(text: str) -> list[str]:
    """Why Step Functions, or this local cloud, would not take the definition."""
    if len(text.encode()) > _LIMIT_BYTES:
        return ["SCHEMA_VALIDATION_FAILED: the definition is larger than 1 MB"]
    try:
        return _problems(json.loads(text))
    except ValueError as error:
        return [f"INVALID_JSON_DESCRIPTION: {error}"]


def _problems(definition: dict[str, Any]) -> list[str]:
    try:
        if path := _json_path(definition):
            return [
                f"The local cloud runs JSONata definitions only, and {path} is in JSONPath:"
                ' set "QueryLanguage": "JSONata" at the top of the definition'
            ]
        sfnx.testing.check(definition)
        return [f"SCHEMA_VALIDATION_FAILED: {problem}" for problem in _map_problems(definition)]
    except (sfnx.testing.Unsupported, sfnx.testing.InvalidDefinition) as error:
        return [f"SCHEMA_VALIDATION_FAILED: {error}"]
    except KeyError as error:
        return [f"SCHEMA_VALIDATION_FAILED: the field {error} is missing"]
    except (AssertionError, AttributeError, TypeError) as error:
        return [f"SCHEMA_VALIDATION_FAILED: a field has the wrong type ({error})"]


def _json_path(definition: dict[str, Any]) -> str | None:
    """What is in JSONPath: the definition, or the name of a state."""
    language = definition.get("QueryLanguage", "JSONPath")
    for name, state in all_states(definition):
        neutral = state["Type"] in {"Succeed", "Fail"}
        if state.get("QueryLanguage", language) != "JSONata" and not neutral:
            return name if language == "JSONata" else "this one"
    return None


def _map_problems(scope: dict[str, Any], *, express: bool = False) -> Iterator[str]:
    for name, state in scope["States"].items():
        if express and str(state.get("Resource", "")).endswith(_WAITING):
            yield f"{name}: {state['Resource']} does not run in EXPRESS executions"
        if "Credentials" in state:
            yield f"{name}: the local cloud runs Tasks as the machine's role only, not with Credentials"
        inner_express = express
        if state["Type"] == "Map":
            config = state["ItemProcessor"].get("ProcessorConfig", {})
            distributed = config.get("Mode", "INLINE") == "DISTRIBUTED"
            inner_express = express or config.get("ExecutionType") == "EXPRESS"
            yield from _distributed_problems(name, state, config, distributed=distributed, express=express)
        for inner in inner_scopes(state):
            yield from _map_problems(inner, express=inner_express)


def _distributed_problems(
    name: str, state: dict[str, Any], config: dict[str, Any], *, distributed: bool, express: bool
) -> Iterator[str]:
    if not distributed:
        for field in _DISTRIBUTED_ONLY:
            if field in state:
                yield f"{name}: {field} needs a ProcessorConfig with Mode DISTRIBUTED"
        return
    if express:
        yield f"{name}: a distributed Map does not run in EXPRESS executions"
    if config.get("ExecutionType") not in {"STANDARD", "EXPRESS"}:
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
