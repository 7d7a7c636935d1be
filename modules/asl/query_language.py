"""The two query languages of a definition, and how each writes a value that only a run knows.

JSONata writes an expression in place of the value, `"Prefix": "{% $prefix %}"`. JSONPath renames the field:
`"Prefix.$": "$.prefix"` inside a payload, `"MaxConcurrencyPath": "$.limit"` outside. A typed field takes a literal, a
`{% … %}` string or a `Path`; these functions render it and check it.
https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
"""

import re
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Literal

QueryLanguage = Literal["JSONata", "JSONPath"]

# A payload template as in the definition: an object whose strings may be expressions, or whose names may end in `.$`.
# In JSONata, also one expression that returns the object.
Template = Mapping[str, object] | str


class Path(str):
    """A JSONPath reference (`$.prefix`, `$$.Execution.Name`), variable (`$prefix`) or intrinsic function."""

    __slots__ = ()


class Unset(Enum):
    """The value of a field that is not set, where `None` means JSON null."""

    UNSET = "unset"


UNSET = Unset.UNSET


class DefinitionError(ValueError):
    """A definition that AWS would refuse: each error names its field."""

    def __init__(self, errors: list[str]) -> None:
        super().__init__("\n".join(errors))
        self.errors = errors


def is_expression(value: object) -> bool:
    """Whether a value is JSONata, `{% … %}`: Step Functions evaluates it."""
    return isinstance(value, str) and value.startswith("{%") and value.endswith("%}")


def known_at_run_time(value: object) -> bool:
    """Whether a value is an expression or a path, which can't be checked before the run."""
    return isinstance(value, Path) or is_expression(value)


def argument_fields(language: QueryLanguage, fields: dict[str, object]) -> dict[str, object]:
    """The fields of Arguments (JSONata) or Parameters (JSONPath). `None` is left out; 0 and "" are not."""
    present = {name: value for name, value in fields.items() if value is not None}
    if language == "JSONata":
        return present
    return {
        f"{name}.$" if isinstance(value, Path) else name: str(value) if isinstance(value, Path) else value
        for name, value in present.items()
    }


def path_fields(fields: dict[str, object]) -> dict[str, object]:
    """Fields that have a variant ending in Path, such as MaxConcurrency. `None` is left out; 0 is not."""
    return {
        f"{name}Path" if isinstance(value, Path) else name: str(value) if isinstance(value, Path) else value
        for name, value in fields.items()
        if value is not None
    }


def arguments_field(language: QueryLanguage) -> str:
    """The name of the field that contains a reader's, a writer's or a Task's arguments."""
    return "Arguments" if language == "JSONata" else "Parameters"


def language_errors(field: str, value: object, language: QueryLanguage) -> Iterator[str]:
    """Errors of an expression or a path."""
    if isinstance(value, Path):
        if language == "JSONata":
            yield f"{field}: a Path belongs to JSONPath; in JSONata, write an expression, {{% … %}}"
        elif not value.startswith(("$", "States.")):
            yield f"{field}: a Path begins with $ or States., not {value!r}"
    elif is_expression(value):
        if language == "JSONPath":
            yield f"{field}: an expression, {{% … %}}, belongs to JSONata; in JSONPath, write a Path"
        elif not str(value)[2:-2].strip():
            yield f"{field}: the expression is empty"


def whole_number_errors(
    field: str, value: object, language: QueryLanguage, *, least: float, most: float | None = None
) -> Iterator[str]:
    """Errors of a field that takes a whole number from `least` to `most`, or one that only the run knows."""
    if value is None:
        return
    if known_at_run_time(value):
        yield from language_errors(field, value, language)
    elif isinstance(value, bool) or not isinstance(value, int):
        yield f"{field}: must be a whole number, not {value!r}"
    elif value < least or (most is not None and value > most):
        yield f"{field}: must be {least} {'or more' if most is None else f'to {most}'}, not {value}"


def percentage_errors(field: str, value: object, language: QueryLanguage) -> Iterator[str]:
    """Errors of a field that takes a percentage, such as 0.5, or one that only the run knows."""
    if value is None:
        return
    if known_at_run_time(value):
        yield from language_errors(field, value, language)
    elif isinstance(value, bool) or not isinstance(value, int | float):
        yield f"{field}: must be a number, not {value!r}"
    elif not 0 <= value <= 100:
        yield f"{field}: must be 0 to 100, not {value}"


def text_errors(field: str, value: object, language: QueryLanguage, *, empty: bool = False) -> Iterator[str]:
    """Errors of a field that takes a text, or one that only the run knows."""
    if value is None:
        return
    if not isinstance(value, str):
        yield f"{field}: must be a text, not {value!r}"
    elif known_at_run_time(value):
        yield from language_errors(field, value, language)
    elif not value and not empty:
        yield f"{field}: must not be empty"
    elif value.startswith("{%") and language == "JSONata":
        yield f"{field}: an expression begins with {{% and ends with %}}: {value!r}"


def owner_errors(field: str, value: object) -> Iterator[str]:
    """Errors of an ExpectedBucketOwner: an account's 12 digits, a Terraform reference, or what only the run knows."""
    if isinstance(value, str) and not known_at_run_time(value) and not re.fullmatch(r"\d{12}|\$\{.+\}", value):
        yield f"{field}: must be a 12-digit account id, not {value!r}"


def choice_errors(field: str, value: object, choices: tuple[str, ...]) -> Iterator[str]:
    """Errors of a field that takes one of a few words."""
    if value is not None and value not in choices:
        yield f"{field}: must be one of {', '.join(choices)}, not {value!r}"


def template_errors(field: str, template: object, language: QueryLanguage) -> Iterator[str]:
    """Errors of a payload template."""
    if template is None:
        return
    if isinstance(template, str):
        if language == "JSONPath":
            yield f"{field}: must be an object in JSONPath; name a field that only the run knows NAME.$"
        elif is_expression(template):
            yield from language_errors(field, template, language)
        else:
            yield f"{field}: must be an object or an expression, {{% … %}}, not {template!r}"
    elif not isinstance(template, Mapping):
        yield f"{field}: must be an object, not {template!r}"
    else:
        for name, value in template.items():
            yield from member_errors(f"{field}.{name}", value, language)


def member_errors(field: str, value: object, language: QueryLanguage) -> Iterator[str]:
    """Errors of one value inside a payload template, at any depth."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from member_errors(f"{field}.{name}", inner, language)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from member_errors(f"{field}[{index}]", inner, language)
    elif language == "JSONata":
        if field.endswith(".$"):
            yield f"{field}: a name ending in .$ belongs to JSONPath; in JSONata, write an expression, {{% … %}}"
        else:
            yield from text_errors(field, value, language, empty=True) if isinstance(value, str) else ()
    elif field.endswith(".$"):
        if not isinstance(value, str) or not value.startswith(("$", "States.")):
            yield f"{field}: a path begins with $ or States., not {value!r}"
    elif known_at_run_time(value):
        yield f"{field}: name a field that only the run knows NAME.$ and write a path, not {value!r}"
