"""Calls of intrinsic functions: `States.Format('{}', $.name)`.
https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from local_cloud.step_functions import payload
from local_cloud.step_functions.errors import INTRINSIC_FAILURE, RUNTIME, StateFailure
from local_cloud.step_functions.json_path import path
from local_cloud.step_functions.json_path.intrinsic_functions import FUNCTIONS
from local_cloud.step_functions.json_path.path import Data, Path
from local_cloud.step_functions.json_path.reference_path import NoMatchError

_CALL = re.compile(r"\s*States\.(?P<name>\w+)\s*\(")
_TEXT = re.compile(r"\s*'(?P<text>(?:[^'\\]|\\['{}\\])*)'")
_NUMBER = re.compile(r"\s*(?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)(?=\s*[,)])")
_WORD = re.compile(r"\s*(?P<word>true|false|null)(?=\s*[,)])")
# A path ends at a comma or a parenthesis outside its brackets and filters.
_PATH = re.compile(
    r"""\s*(?P<path>\$(?:\[(?:[^\[\]'"]|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|\[[^\]]*\])*\]|\.\w+\(\)|[^\s,()\[\]'"])*)"""
)
_WORDS = {"true": True, "false": False, "null": None}
_ESCAPE = re.compile(r"\\(['{}\\])")


@dataclass(frozen=True)
class Text:
    """A text between single quotes. `source` keeps its escapes, which States.Format reads itself."""

    source: str

    @property
    def value(self) -> str:
        return _ESCAPE.sub(r"\1", self.source)


@dataclass(frozen=True)
class Literal:
    """A number, true, false or null."""

    value: Any


@dataclass(frozen=True)
class Call:
    text: str
    name: str
    arguments: tuple["Text | Literal | Path | Call", ...]

    def evaluate(self, data: Data) -> Any:
        """Raises StateFailure: States.IntrinsicFailure, or States.Runtime if a path finds nothing."""
        try:
            return self._result(data)
        except _PathFailure as failure:
            raise StateFailure(RUNTIME, self._cause(str(failure))) from failure
        except (ValueError, TypeError, RecursionError) as error:
            raise StateFailure(INTRINSIC_FAILURE, self._cause(str(error))) from error

    def _cause(self, what: str) -> str:
        return f"The function '{self.text}' had the following error: {what}"

    def _result(self, data: Data) -> Any:
        function, least, most = FUNCTIONS[self.name]
        if not least <= len(self.arguments) <= most:
            raise ValueError(f"Invalid number of arguments for States.{self.name}")
        values = [_value(argument, data) for argument in self.arguments]
        if self.name == "Format" and isinstance(self.arguments[0], Text):
            values[0] = self.arguments[0].source
        return function(*values)


class _PathFailure(Exception):  # noqa: N818 - the text is the failure's cause in the words of AWS
    pass


def _value(argument: "Text | Literal | Path | Call", data: Data) -> Any:
    if isinstance(argument, Call):
        return argument._result(data)  # the outermost call words the failure
    if not isinstance(argument, Path):
        return argument.value
    try:
        return argument.find(data)
    except NoMatchError as error:
        where = f"in the input '{payload.text(data.input)}'"
        raise _PathFailure(
            f"The JsonPath argument for the field '{argument.text}' could not be found {where}"
        ) from error


@lru_cache(maxsize=4096)
def parse(text: str) -> Call:
    """Raises ValueError if it isn't a call of an intrinsic function with arguments that can be read."""
    call, end = _call(text, 0)
    if text[end:].strip():
        raise ValueError(f"unexpected text after the call: {text[end:]!r}")
    return call


def _call(text: str, start: int) -> tuple[Call, int]:
    """A call and where it ends."""
    match = _CALL.match(text, start)
    if match is None or match["name"] not in FUNCTIONS:
        raise ValueError(f"not an intrinsic function: {text[start:]!r}")
    arguments: list[Text | Literal | Path | Call] = []
    position = _after_space(text, match.end())
    while text[position : position + 1] != ")":
        if arguments:
            if text[position : position + 1] != ",":
                raise ValueError(f"a comma or a parenthesis is missing: {text[position:]!r}")
            position += 1
        argument, position = _argument(text, position)
        arguments.append(argument)
        position = _after_space(text, position)
    return Call(text[start : position + 1].strip(), match["name"], tuple(arguments)), position + 1


def _argument(text: str, start: int) -> tuple[Text | Literal | Path | Call, int]:
    if match := _TEXT.match(text, start):
        return Text(match["text"]), match.end()
    if match := _NUMBER.match(text, start):
        number = match["number"]
        return Literal(int(number) if re.fullmatch(r"-?\d+", number) else float(number)), match.end()
    if match := _WORD.match(text, start):
        return Literal(_WORDS[match["word"]]), match.end()
    if match := _PATH.match(text, start):
        return path.parse(match["path"]), match.end()
    return _call(text, start)


def _after_space(text: str, position: int) -> int:
    while text[position : position + 1].isspace():
        position += 1
    return position
