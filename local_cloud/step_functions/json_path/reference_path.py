"""Reference Paths: those that name one place in a document, by fields and indexes alone.
https://docs.aws.amazon.com/step-functions/latest/dg/amazon-states-language-paths.html
"""

import re
from collections.abc import Sequence
from typing import Any

from local_cloud.step_functions import payload

# A field's name or an array's index.
Step = str | int

_STEP = re.compile(
    r"""\.(?P<name>[^\s.\[\]()*?@'",]+)"""
    r"""|\[\s*(?:'(?P<single>(?:[^'\\]|\\.)*)'|"(?P<double>(?:[^"\\]|\\.)*)"|(?P<index>-?\d+))\s*\]"""
)


class NoMatchError(Exception):
    """A path finds nothing. The text says why, in the words of the JSONPath library of AWS.

    `conflict` is what AWS says of a ResultPath or an ItemsPath instead.
    """

    def __init__(self, text: str, step: Step = "", value: Any = None) -> None:
        super().__init__(text)
        self.conflict = f'Unable to apply step "{step}" to input {payload.text(value)}'


def steps(text: str) -> tuple[Step, ...] | None:
    """The steps of what follows a path's root, such as `.a['b'][0]`; None if it isn't a Reference Path's."""
    found: list[Step] = []
    position = 0
    while position < len(text):
        match = _STEP.match(text, position)
        if match is None:
            return None
        found.append(_step(match))
        position = match.end()
    return tuple(found)


def _step(match: re.Match[str]) -> Step:
    if match["index"] is not None:
        return int(match["index"])
    if match["name"] is not None:
        return match["name"]
    # A backslash that escapes no quote is a character of the name, as recorded on AWS.
    return match["single"].replace("\\'", "'") if match["single"] is not None else match["double"].replace('\\"', '"')


def find(path: Sequence[Step], document: Any) -> Any:
    """The value at a path. Raises NoMatchError."""
    value = document
    for position, step in enumerate(path):
        if isinstance(step, int):
            value = _item(value, step, path[: position + 1])
        elif isinstance(value, dict) and step in value:
            value = value[step]
        else:
            raise NoMatchError(_missing(path, position), step, value)
    return value


def _item(value: Any, index: int, path: Sequence[Step]) -> Any:
    if not isinstance(value, list):
        what = f"Filter: [{index}] can only be applied to arrays. Current context is: {value}"
        raise NoMatchError(what, index, value)
    try:
        return value[index]
    except IndexError:
        raise NoMatchError(f"Index out of bounds when evaluating path {written(path)}", index, value) from None


def _missing(path: Sequence[Step], position: int) -> str:
    if position == len(path) - 1:
        return f"No results for path: {written(path)}"
    return f"Missing property in path {written(path[: position + 1])}"


def written(path: Sequence[Step]) -> str:
    """A path with every step in brackets: `$['a'][0]`."""
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f"['{step}']" for step in path)


def put(path: Sequence[Step], document: Any, value: Any) -> Any:
    """The document with a value put at a path, where missing objects are created. The document itself is not changed.

    Raises NoMatchError if the path leads through a value that is neither an object nor an array with that item.
    """
    if not path:
        return value
    step, *rest = path
    if isinstance(step, str) and isinstance(document, dict):
        return {**document, step: put(rest, document.get(step, {}), value)}
    if isinstance(step, int) and isinstance(document, list) and -len(document) <= step < len(document):
        changed = list(document)
        changed[step] = put(rest, document[step], value)
        return changed
    raise NoMatchError(f"The path {written(path)} doesn't fit the document", step, document)
