"""The definitions that the local cloud runs.

sfnx knows most of what Step Functions rejects in JSONata definitions. The rules of distributed Maps are added here,
those of expressions in expression_rules.py and those of other states in state_rules.py.
https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
"""

import difflib
import json
import re
from collections.abc import Iterator
from typing import Any

import sfnx.testing

from local_cloud.step_functions.errors import ApiError
from local_cloud.step_functions.expression_rules import expression_problems
from local_cloud.step_functions.processor_config import is_distributed, processor_config
from local_cloud.step_functions.scopes import states_by_path
from local_cloud.step_functions.state_rules import state_problems
from modules.asl.execution_type import EXECUTION_TYPES, EXPRESS, STANDARD
from modules.asl.item_reader import READER_CONFIG_FIELDS

# https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
_LIMIT_BYTES = 1024 * 1024
_LABEL = re.compile(r"[^\s?*<>{}\[\]:;,\\|^~$#%&`\"\x00-\x1f\x7f-\x9f]{1,40}")
_DISTRIBUTED_ONLY = ("ItemReader", "ItemBatcher", "ResultWriter", "Label")


def parse_definition(text: str, kind: str) -> dict[str, Any]:
    """The definition of a machine of type `kind` as a dict. Raises ApiError InvalidDefinition, with every problem."""
    if all_problems := problems(text, kind):
        raise ApiError("InvalidDefinition", f"Invalid State Machine Definition: '{'; '.join(all_problems)}'")
    definition: dict[str, Any] = json.loads(text)
    return definition


def problems(text: str, kind: str = STANDARD) -> list[str]:
    """Why Step Functions, or this local cloud, would refuse the definition of a machine of type `kind`.

    Each begins with AWS's code, and ends with ` at ` and a path where one state is to blame.
    """
    if len(text.encode()) > _LIMIT_BYTES:
        return ["SCHEMA_VALIDATION_FAILED: the definition is larger than 1 MB"]
    try:
        definition = json.loads(text)
    except ValueError as error:
        return [f"INVALID_JSON_DESCRIPTION: {error}"]
    try:
        return _problems(definition, express=kind == EXPRESS)
    except (sfnx.testing.Unsupported, sfnx.testing.InvalidDefinition) as error:
        return [f"SCHEMA_VALIDATION_FAILED: {error}"]
    except KeyError as error:
        return [f"SCHEMA_VALIDATION_FAILED: the field {error} is missing"]
    except (AssertionError, AttributeError, TypeError) as error:
        return [f"SCHEMA_VALIDATION_FAILED: a field has the wrong type ({error})"]


def _problems(definition: dict[str, Any], *, express: bool) -> list[str]:
    if missing := [field for field in ("States", "StartAt") if field not in definition]:
        return [f"SCHEMA_VALIDATION_FAILED: These fields are required: [{', '.join(missing)}] at /"]
    if problem := _json_path(definition):
        return [f"SCHEMA_VALIDATION_FAILED: {problem}"]
    states = list(states_by_path(definition))
    if wrong := [problem for path, state in states for problem in expression_problems(state, path)]:
        return wrong
    sfnx.testing.check(definition)
    wrong = [problem for path, state in states if state["Type"] == "Map" for problem in _map_problems(path, state)]
    wrong += state_problems(definition, express=express)
    return [f"SCHEMA_VALIDATION_FAILED: {problem}" for problem in wrong]


def _json_path(definition: dict[str, Any]) -> str | None:
    """What is wrong with the query language, if anything is in JSONPath, which the local cloud doesn't run."""
    is_jsonata = definition.get("QueryLanguage") == "JSONata"
    for path, state in states_by_path(definition):
        own = state.get("QueryLanguage")
        if is_jsonata and own == "JSONPath":
            return (
                "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine"
                f" at {path}/QueryLanguage"
            )
        if not is_jsonata and own != "JSONata" and state["Type"] not in {"Succeed", "Fail"}:
            return (
                "The local cloud runs JSONata definitions only, and this one is in JSONPath:"
                ' set "QueryLanguage": "JSONata" at the top of the definition'
            )
    return None


def _map_problems(path: str, state: dict[str, Any]) -> Iterator[str]:
    if is_distributed(state):
        yield from _distributed_problems(path, state)
        return
    for field in _DISTRIBUTED_ONLY:
        if field in state:
            yield f"{field} needs a ProcessorConfig with Mode DISTRIBUTED at {path}/{field}"


def _distributed_problems(path: str, state: dict[str, Any]) -> Iterator[str]:
    if processor_config(state).get("ExecutionType") not in EXECUTION_TYPES:
        yield f"ProcessorConfig needs an ExecutionType, STANDARD or EXPRESS at {path}/ItemProcessor/ProcessorConfig"
    if "Label" in state and not _LABEL.fullmatch(state["Label"]):
        yield f"Label must be 1 to 40 characters without white space or special characters at {path}/Label"
    batcher = state.get("ItemBatcher")
    if batcher is not None and not {"MaxItemsPerBatch", "MaxInputBytesPerBatch"} & set(batcher):
        yield f"ItemBatcher needs MaxItemsPerBatch or MaxInputBytesPerBatch at {path}/ItemBatcher"
    yield from _reader_problems(f"{path}/ItemReader/ReaderConfig", state.get("ItemReader", {}).get("ReaderConfig", {}))


def _reader_problems(path: str, config: dict[str, Any]) -> Iterator[str]:
    for field in config:
        if field not in READER_CONFIG_FIELDS:
            similar = difflib.get_close_matches(field, READER_CONFIG_FIELDS, n=1)
            hint = f": did you mean {similar[0]}?" if similar else ""
            yield f"unknown field {field}{hint} at {path}/{field}"
    if config.get("InputType") == "CSV" and config.get("CSVHeaderLocation") not in {"FIRST_ROW", "GIVEN"}:
        yield f"a CSV needs a CSVHeaderLocation, FIRST_ROW or GIVEN at {path}"
    if config.get("CSVHeaderLocation") == "GIVEN" and not config.get("CSVHeaders"):
        yield f"CSVHeaderLocation GIVEN needs CSVHeaders at {path}"
