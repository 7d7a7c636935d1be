"""Payload templates: Parameters, ItemSelector, ResultSelector, Assign, BatchInput.

A name that ends in `.$` has a path or a call of an intrinsic function for its value.
https://docs.aws.amazon.com/step-functions/latest/dg/input-output-inputpath-params.html#input-output-parameters
"""

from typing import Any

from local_cloud.step_functions import payload
from local_cloud.step_functions.errors import RUNTIME, StateFailure
from local_cloud.step_functions.json_path import intrinsic, path
from local_cloud.step_functions.json_path.path import Data
from local_cloud.step_functions.json_path.reference_path import NoMatchError


def is_call(text: str) -> bool:
    return text.lstrip().startswith("States.")


def evaluate(template: Any, data: Data) -> Any:
    """The template's value. Raises StateFailure."""
    if isinstance(template, dict):
        return dict(_member(name, value, data) for name, value in template.items())
    if isinstance(template, list):
        return [evaluate(value, data) for value in template]
    return template


def _member(name: str, value: Any, data: Data) -> tuple[str, Any]:
    if name.endswith(".$"):
        return name.removesuffix(".$"), resolve(value, name, data)
    return name, evaluate(value, data)


def resolve(text: str, field: str, data: Data) -> Any:
    """The value of a path or a call. Raises StateFailure, which names the field, if the path finds nothing."""
    if is_call(text):
        return intrinsic.parse(text).evaluate(data)
    parsed = path.parse(text)
    if not parsed.root and data.input is None:
        raise StateFailure(RUNTIME, "Unable to apply Path transformation to null or empty input.")
    try:
        return parsed.find(data)
    except NoMatchError as error:
        raise StateFailure(
            RUNTIME,
            f"The JSONPath '{text}' specified for the field '{field}' could not be found in the input"
            f" '{payload.text(data.input)}'",
        ) from error
