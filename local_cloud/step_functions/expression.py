"""Templates with `{% JSONata %}` in them, evaluated as on AWS."""

from collections.abc import Mapping
from typing import Any

import sfnx.testing

from local_cloud.step_functions.errors import QUERY_EVALUATION_ERROR, StateFailure


def evaluate(template: Any, variables: Mapping[str, Any], states: Mapping[str, Any], field: str) -> Any:
    """The template's value. `field` is the field that a failure names. Raises States.QueryEvaluationError."""
    if not _holds_expression(template):
        return template
    try:
        return sfnx.testing.value(template, variables, states)
    except sfnx.testing.Failure as failure:
        cause = f"An error occurred while evaluating the field '{field}': {failure.cause}"
        raise StateFailure(failure.error, cause) from failure
    except (TypeError, ValueError, AttributeError, RecursionError, OverflowError) as error:
        # The JSONata library raises these for expressions that AWS reports as failed.
        cause = f"An error occurred while evaluating the field '{field}': {error}"
        raise StateFailure(QUERY_EVALUATION_ERROR, cause) from error


def _holds_expression(template: Any) -> bool:
    if isinstance(template, str):
        return template.startswith("{%") and template.endswith("%}")
    if isinstance(template, dict):
        return any(map(_holds_expression, template.values()))
    return isinstance(template, list) and any(map(_holds_expression, template))
