"""Paths: what JSONPath reads of a state's input (`$`), of the Context Object (`$$`) and of variables (`$name`).
https://docs.aws.amazon.com/step-functions/latest/dg/amazon-states-language-paths.html
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jsonpath_ng
import jsonpath_ng.exceptions
import jsonpath_ng.ext.parser

from local_cloud.step_functions.json_path.reference_path import NoMatchError, Step, find, steps

_PATH = re.compile(r"\$(?P<root>\$|[^\W\d]\w*)?(?P<rest>(?:[.\[].*)?)", re.DOTALL)
_FUNCTION = re.compile(r"(?P<rest>.*)\.(?P<name>length|min|max|sum|avg)\(\)", re.DOTALL)
# A field's name outside brackets. jsonpath-ng takes fewer characters there than AWS does, and reads `where` as its own
# keyword.
_NAME = re.compile(r"""(?<!\.)\.([^\s.\[\]()*?@'",`]+)""")
# A dot before brackets, which AWS takes.
_DOT = re.compile(r"(?<!\.)\.(?=\[)")
_BRACKETS = re.compile(r"""(\[(?:[^\[\]'"]|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|\[[^\]]*\])*\])""", re.DOTALL)
# jsonpath-ng takes a name in brackets without quotes, AWS doesn't.
_UNQUOTED = re.compile(r"\[\s*[^\W\d]")


@dataclass(frozen=True)
class Data:
    """What paths can read: a state's input, the Context Object and the variables."""

    input: Any
    context: Any
    variables: Mapping[str, Any]


@dataclass(frozen=True)
class Path:
    """A parsed path. `root` is "" for the input, `$` for the Context Object, else a variable's name.

    `steps` are those of a Reference Path, else None; any other path is an `expression` of jsonpath-ng.
    """

    text: str
    root: str
    steps: tuple[Step, ...] | None
    expression: Any
    function: str

    def find(self, data: Data) -> Any:
        """The value that a path finds, or the array of all values if it can find several. Raises NoMatchError."""
        document = self._document(data)
        value = find(self.steps, document) if self.steps is not None else self._matches(document)
        return _apply(self.function, value) if self.function else value

    def _document(self, data: Data) -> Any:
        if self.root == "$":
            return data.context
        if not self.root:
            return data.input
        if self.root not in data.variables:
            raise NoMatchError(f"The variable '{self.root}' is not assigned")
        return data.variables[self.root]

    @property
    def rest(self) -> str:
        """What follows the root."""
        return self.text[1 + len(self.root) :]

    def _matches(self, document: Any) -> Any:
        last = getattr(self.expression, "right", None)
        if isinstance(last, jsonpath_ng.Fields) and len(last.fields) > 1:
            return _selected(last.fields, [match.value for match in self.expression.left.find(document)])
        return [match.value for match in self.expression.find(document)]


def _selected(names: tuple[str, ...], objects: list[Any]) -> Any:
    """An object with those of its fields that are named, or an array of them if there are several objects."""
    selected = [{name: value[name] for name in names if name in value} for value in objects if isinstance(value, dict)]
    return selected[0] if len(selected) == 1 else selected


def parse(text: str) -> Path:
    """Raises ValueError if it isn't a path."""
    path = _parse(text) if isinstance(text, str) else None
    if path is None:
        raise ValueError(f"not a JSONPath: {text!r}")
    return path


@lru_cache(maxsize=4096)
def _parse(text: str) -> Path | None:
    match = _PATH.fullmatch(text)
    if match is None:
        return None
    root, rest, function = match["root"] or "", match["rest"], ""
    if call := _FUNCTION.fullmatch(rest):
        rest, function = call["rest"], call["name"]
    found = steps(rest)
    if found is not None:
        return Path(text, root, found, None, function)
    try:
        expression = jsonpath_ng.ext.parser.parse("$" + _quoted(rest))
    except jsonpath_ng.exceptions.JSONPathError:
        return None
    return Path(text, root, None, expression, function)


def _quoted(rest: str) -> str:
    """The path with names in brackets; what stands in brackets already stays as it is. Raises JSONPathError."""
    parts = _BRACKETS.split(_DOT.sub("", rest))
    if any(_UNQUOTED.match(part) for part in parts[1::2]):
        raise jsonpath_ng.exceptions.JSONPathError("a name in brackets has no quotes")
    return "".join(part if index % 2 else _NAME.sub(r"['\1']", part) for index, part in enumerate(parts))


def _apply(function: str, value: Any) -> Any:
    if function == "length":
        if isinstance(value, list | dict | str):
            return len(value)
    elif isinstance(value, list) and value and all(isinstance(number, int | float) for number in value):
        results = {"min": min(value), "max": max(value), "sum": sum(value), "avg": sum(value) / len(value)}
        return results[function]
    raise NoMatchError(f"Aggregation function {function} attempted to calculate value using empty array")
