"""The definitions that the local cloud runs.

sfnx knows most of what Step Functions rejects in JSONata definitions, and in what JSONPath definitions share with them.
The rules of distributed Maps are added here, those of expressions in expression_rules.py, those of JSONPath in
json_path/rules.py and those of other states in state_rules.py.
https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
"""

import difflib
import json
import re
from collections.abc import Iterator
from typing import Any

import sfnx.testing

from local_cloud.step_functions.data_flow import is_json_path
from local_cloud.step_functions.errors import ApiError
from local_cloud.step_functions.expression_rules import expression_problems
from local_cloud.step_functions.json_path.rules import json_path_problems
from local_cloud.step_functions.json_path.skeleton import skeleton
from local_cloud.step_functions.normal_form import OLD_NAMES, normalize
from local_cloud.step_functions.processor_config import is_distributed, processor_config
from local_cloud.step_functions.scopes import states_by_path
from local_cloud.step_functions.state_rules import state_problems
from modules.asl.execution_type import EXECUTION_TYPES, EXPRESS, STANDARD
from modules.asl.item_reader import READER_CONFIG_FIELDS

# https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
_LIMIT_BYTES = 1024 * 1024
_LABEL = re.compile(r"[^\s?*<>{}\[\]:;,\\|^~$#%&`\"\x00-\x1f\x7f-\x9f]{1,40}")
_KINDS = ("Task", "Wait", "Pass", "Succeed", "Fail", "Choice", "Parallel", "Map")
_LANGUAGES = ("JSONPath", "JSONata")
_BATCH_LIMITS = frozenset(
    {"MaxItemsPerBatch", "MaxItemsPerBatchPath", "MaxInputBytesPerBatch", "MaxInputBytesPerBatchPath"}
)
_DISTRIBUTED_ONLY = ("ItemReader", "ItemBatcher", "ResultWriter", "Label")


def parse_definition(text: str, kind: str) -> dict[str, Any]:
    """The normalized definition of a machine of type `kind`. Raises ApiError InvalidDefinition, with every problem."""
    if all_problems := problems(text, kind):
        raise ApiError("InvalidDefinition", f"Invalid State Machine Definition: '{'; '.join(all_problems)}'")
    return normalize(json.loads(text))


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
    if wrong := [*_kind_problems(definition), *_language_problems(definition)]:
        return [f"SCHEMA_VALIDATION_FAILED: {problem}" for problem in wrong]
    normalize(definition)
    states = list(states_by_path(definition))
    if wrong := [problem for path, state in states for problem in _field_problems(state, path)]:
        return wrong
    sfnx.testing.check(skeleton(definition))
    wrong = [problem for path, state in states if state["Type"] == "Map" for problem in _map_problems(path, state)]
    wrong += state_problems(definition, express=express)
    return [f"SCHEMA_VALIDATION_FAILED: {problem}" for problem in wrong]


def _kind_problems(definition: dict[str, Any]) -> Iterator[str]:
    for path, state in states_by_path(definition):
        if state.get("Type") not in _KINDS:
            yield f"The field 'Type' should have one of these values: [{', '.join(_KINDS)}] at {path}/Type"
        for old, new in OLD_NAMES.items():
            if state.get("Type") == "Map" and old in state and new in state:
                yield f"a Map has either {new} or {old}, its old name, at {path}"


def _language_problems(definition: dict[str, Any]) -> Iterator[str]:
    whole = definition.get("QueryLanguage", "JSONPath")
    if whole not in _LANGUAGES:
        yield f"QueryLanguage must be one of {', '.join(_LANGUAGES)} at /QueryLanguage"
    for path, state in states_by_path(definition):
        own = state.get("QueryLanguage", whole)
        if own not in _LANGUAGES:
            yield f"QueryLanguage must be one of {', '.join(_LANGUAGES)} at {path}/QueryLanguage"
        elif (whole, own) == ("JSONata", "JSONPath"):
            yield (
                "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine"
                f" at {path}/QueryLanguage"
            )


def _field_problems(state: dict[str, Any], path: str) -> Iterator[str]:
    """The problems of a state's own fields in its query language, with their codes."""
    if is_json_path(state):
        for problem in json_path_problems(state, path):
            yield f"SCHEMA_VALIDATION_FAILED: {problem}"
    else:
        yield from expression_problems(state, path)


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
    if batcher is not None and not _BATCH_LIMITS & batcher.keys():
        yield f"ItemBatcher needs MaxItemsPerBatch or MaxInputBytesPerBatch at {path}/ItemBatcher"
    arguments = "Parameters" if is_json_path(state) else "Arguments"
    for part in ("ItemReader", "ResultWriter"):
        if "Resource" in state.get(part, {}) and arguments not in state[part]:
            yield f"{part} needs {arguments} at {path}/{part}"
    config = state.get("ItemReader", {}).get("ReaderConfig", {})
    known = [*READER_CONFIG_FIELDS, "MaxItemsPath"] if is_json_path(state) else list(READER_CONFIG_FIELDS)
    yield from _reader_problems(f"{path}/ItemReader/ReaderConfig", config, known)


def _reader_problems(path: str, config: dict[str, Any], known: list[str]) -> Iterator[str]:
    for field in config:
        if field not in known:
            similar = difflib.get_close_matches(field, known, n=1)
            hint = f": did you mean {similar[0]}?" if similar else ""
            yield f"unknown field {field}{hint} at {path}/{field}"
    if config.get("InputType") == "CSV" and config.get("CSVHeaderLocation") not in {"FIRST_ROW", "GIVEN"}:
        yield f"a CSV needs a CSVHeaderLocation, FIRST_ROW or GIVEN at {path}"
    if config.get("CSVHeaderLocation") == "GIVEN" and not config.get("CSVHeaders"):
        yield f"CSVHeaderLocation GIVEN needs CSVHeaders at {path}"
