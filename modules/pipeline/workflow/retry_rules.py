"""What `retry_of` and `retry_errors` of a run's input must not be: they say whose keys a run retries, and which."""

from __future__ import annotations

import re
from collections.abc import Sequence

from modules.pipeline.workflow.input_rule import (
    INPUT,
    KEY_LIST,
    RETRY_ERRORS,
    RETRY_OF,
    InputRule,
    field_rule,
    values_of,
)

# Of the names that AWS accepts, those that a run's logs can be found by:
# https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
_NAME_CHARACTERS = "0-9A-Za-z_-"
MAX_NAME_CHARACTERS = 80
MAX_ERRORS = 20
MAX_ERROR_CHARACTERS = 48  # the longest error name of a failed key


def retry_rules() -> Sequence[InputRule]:
    """The rules in their order. They follow those of `key_list`."""
    errors = f"{INPUT}.{RETRY_ERRORS}"
    refused = f"{errors}[$type($) = 'string' ? $length($) > {MAX_ERROR_CHARACTERS} or $length($) = 0 : true]"
    return (
        field_rule(
            RETRY_OF,
            # No $ at the end of a pattern: in some engines it also matches before a last newline.
            f"$type({{0}}) = 'string' ? $length({{0}}) = 0 or $length({{0}}) > {MAX_NAME_CHARACTERS}"
            f" or $contains({{0}}, /[^{_NAME_CHARACTERS}]/) : true",
            lambda value: not is_execution_name(value),
            f"is not an execution's name: write 1 to {MAX_NAME_CHARACTERS} of the characters A-Z, a-z, 0-9, - and _",
        ),
        _beside_rule(RETRY_OF, KEY_LIST, "write the key list that it retries, or leave it out"),
        field_rule(
            RETRY_ERRORS,
            f"$type({{0}}) != 'array' or $count({{0}}) = 0 or $count({{0}}) > {MAX_ERRORS}",
            lambda value: not isinstance(value, list) or not 0 < len(value) <= MAX_ERRORS,
            f'is not a list of 1 to {MAX_ERRORS} error names: write one, such as ["Throttled"], or leave it out',
        ),
        InputRule(
            field=f"'{RETRY_ERRORS}'",
            condition=f"$exists({refused})",
            value=f"{refused}[0]",
            violations=lambda run_input: (
                RETRY_ERRORS,
                [error for value in values_of(run_input, RETRY_ERRORS) for error in value if not _is_error(error)],
            ),
            problem=f"is not an error's name: write a text of 1 to {MAX_ERROR_CHARACTERS} characters",
        ),
        _beside_rule(RETRY_ERRORS, RETRY_OF, "write the execution whose keys are retried, or leave it out"),
    )


def is_execution_name(value: object) -> bool:
    """Whether `retry_of` may name it."""
    pattern = f"[{_NAME_CHARACTERS}]{{1,{MAX_NAME_CHARACTERS}}}"
    return isinstance(value, str) and re.fullmatch(pattern, value) is not None


def _is_error(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= MAX_ERROR_CHARACTERS


def _beside_rule(field: str, other: str, remedy: str) -> InputRule:
    """A rule that an input with `field` has `other` too."""
    return InputRule(
        field=f"'{field}'",
        condition=f"$exists({INPUT}.{field}) and $not($exists({INPUT}.{other}))",
        value=f"{INPUT}.{field}",
        violations=lambda run_input: (
            field,
            [run_input[field]] if field in run_input and other not in run_input else [],
        ),
        problem=f"is given without {other}: {remedy}",
    )
