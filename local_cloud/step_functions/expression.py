"""Templates with `{% JSONata %}` in them, evaluated as on AWS."""

from collections.abc import Mapping
from typing import Any

import sfnx.testing

from local_cloud.step_functions import payload
from local_cloud.step_functions.errors import EvaluationFailure

# What the JSONata library raises, besides its own errors, for expressions that AWS reports as failed.
_LIBRARY_ERRORS = (TypeError, ValueError, AttributeError, RecursionError, OverflowError)


def evaluate(template: Any, variables: Mapping[str, Any], states: Mapping[str, Any], field: str) -> Any:
    """The template's value. Raises EvaluationFailure, which names the part of `field` that failed: `Output/a/b[0]`."""
    if isinstance(template, str):
        code = _code(template)
        return template if code is None else _evaluate(code, variables, states, field)
    if isinstance(template, dict):
        return {name: evaluate(value, variables, states, f"{field}/{name}") for name, value in template.items()}
    if isinstance(template, list):
        return [evaluate(value, variables, states, f"{field}[{index}]") for index, value in enumerate(template)]
    return template


def unexpected_type(value: Any, expected: str, template: Any, field: str) -> str:
    """The cause of a failure if a field's value hasn't the JSON type that the field takes."""
    code = _code(template) if isinstance(template, str) else None
    source = "The value" if code is None else f"The JSONata expression '{code}'"
    return (
        f"{source} specified for the field '{field}' returned an unexpected result type."
        f" Expected '{expected}', but was '{json_type(value)}' for value: {payload.text(value)}"
    )


def json_type(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    names = {dict: "object", list: "array", str: "string", int: "number", float: "number"}
    return names[type(value)]


def _code(template: str) -> str | None:
    """The JSONata of a string that is an expression."""
    is_expression = template.startswith("{%") and template.endswith("%}")
    return template[2:-2].strip() if is_expression else None


def _evaluate(code: str, variables: Mapping[str, Any], states: Mapping[str, Any], field: str) -> Any:
    try:
        return sfnx.testing.evaluate(code, variables, states)
    except sfnx.testing.Failure as failure:
        raise EvaluationFailure(f"The JSONata expression '{code}' {_what_happened(failure, field)}", field) from failure
    except _LIBRARY_ERRORS as error:
        what = f"specified for the field '{field}' threw an error during evaluation. {error}"
        raise EvaluationFailure(f"The JSONata expression '{code}' {what}", field) from error


def _what_happened(failure: sfnx.testing.Failure, field: str) -> str:
    """In AWS's words."""
    where = f"specified for the field '{field}'"
    if code := getattr(failure.__cause__, "error", None):  # an error of JSONata, such as T1006
        return f"{where} threw an error during evaluation. {code}: {failure.__cause__}"
    if failure.cause.endswith("unsupported result type"):
        return f"{where} returned an unsupported result type."
    return f"{where} returned nothing (undefined)."
