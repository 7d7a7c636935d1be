"""The intrinsic functions. Each raises ValueError or TypeError for arguments that it doesn't take.
https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html
"""

import base64
import hashlib
import json
import math
import random
import re
import sys
import uuid
from collections.abc import Callable
from typing import Any

from local_cloud.step_functions import payload

# https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html
_LONGEST_RANGE = 1000
_LONGEST_TEXT = 10_000
_LEAST, _MOST = -(2**31), 2**31 - 1
_ALGORITHMS = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}
# In a template of States.Format: a place, or a character after a backslash.
_PLACE = re.compile(r"\\(?P<escaped>['{}\\])|(?P<place>\{\})|(?P<brace>[{}])")


def _array(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(f"an array is expected, but was: {payload.text(value)}")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"a string is expected, but was: {payload.text(value)}")
    return value


def _short_text(value: Any) -> str:
    if len(_text(value)) > _LONGEST_TEXT:
        raise ValueError(f"the string is longer than {_LONGEST_TEXT} characters")
    return str(value)


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError(f"an object is expected, but was: {payload.text(value)}")
    return value


def _integer(value: Any) -> int:
    """A number, rounded to the nearest integer and halves up, as recorded on AWS."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"a number is expected, but was: {payload.text(value)}")
    number = math.floor(value + 0.5) if isinstance(value, float) else value
    if not _LEAST <= number <= _MOST:
        raise ValueError(f"the number {value} is not within {_LEAST} and {_MOST}")
    return number


def _canonical(value: Any) -> str:
    """Equal for values that are equal as JSON, where true is not 1."""
    return json.dumps(value, sort_keys=True)


def array(*values: Any) -> list[Any]:
    return list(values)


def array_partition(values: Any, size: Any) -> list[list[Any]]:
    length = _integer(size)
    if length < 1:
        raise ValueError(f"the chunk size must be positive, but was: {length}")
    return [_array(values)[start : start + length] for start in range(0, len(_array(values)), length)]


def array_contains(values: Any, value: Any) -> bool:
    return _canonical(value) in {_canonical(item) for item in _array(values)}


def array_range(first: Any, last: Any, step: Any) -> list[int]:
    start, end, by = _integer(first), _integer(last), _integer(step)
    if by == 0:
        raise ValueError("the step must not be 0")
    numbers = range(start, end + (1 if by > 0 else -1), by)
    if len(numbers) > _LONGEST_RANGE:
        raise ValueError(f"the range has more than {_LONGEST_RANGE} elements")
    return list(numbers)


def array_get_item(values: Any, index: Any) -> Any:
    position = _integer(index)
    if not 0 <= position < len(_array(values)):
        raise ValueError(f"the index {position} is out of bounds")
    return values[position]


def array_length(values: Any) -> int:
    return len(_array(values))


def array_unique(values: Any) -> list[Any]:
    unique: dict[str, Any] = {}
    for value in _array(values):
        unique.setdefault(_canonical(value), value)
    return list(unique.values())


def base64_encode(text: Any) -> str:
    return base64.b64encode(_short_text(text).encode()).decode()


def base64_decode(text: Any) -> str:
    return base64.b64decode(_short_text(text), validate=True).decode()


def hash_(value: Any, algorithm: Any) -> str:
    if algorithm not in _ALGORITHMS:
        raise ValueError(f"the algorithm must be one of {', '.join(_ALGORITHMS)}")
    text = _short_text(value if isinstance(value, str) else payload.text(value))
    return hashlib.new(_ALGORITHMS[algorithm], text.encode(), usedforsecurity=False).hexdigest()


def json_merge(first: Any, second: Any, deep: Any) -> dict[str, Any]:
    if deep is not False:
        raise ValueError("only shallow merging is supported: the third argument must be false")
    return {**_object(first), **_object(second)}


def string_to_json(text: Any) -> Any:
    """Null for an empty text, as recorded on AWS."""
    return json.loads(text) if _text(text).strip() else None


def json_to_string(value: Any) -> str:
    return payload.text(value)


def math_random(first: Any, last: Any, seed: Any = None) -> int:
    """A number from the first (inclusive) to the last (exclusive)."""
    start, end = _integer(first), _integer(last)
    if start >= end:
        raise ValueError(f"the end {end} must be greater than the start {start}")
    return random.Random(seed).randrange(start, end)  # noqa: S311 - not for secrets: the function takes a seed


def math_add(first: Any, second: Any) -> int:
    return _integer(_integer(first) + _integer(second))


def string_split(text: Any, separators: Any) -> list[str]:
    """Every character of `separators` separates. Empty parts are left out, as recorded on AWS."""
    if not _text(separators):
        return [_text(text)] if text else []
    return [part for part in re.split(f"[{re.escape(separators)}]", _text(text)) if part]


def uuid_() -> str:
    return str(uuid.uuid4())


def format_(template: Any, *values: Any) -> str:
    """The template with a value for each `{}`. A backslash in it escapes a brace, a quote or a backslash."""
    rest = list(values)

    def fill(match: re.Match[str]) -> str:
        if match["escaped"]:
            return match["escaped"]
        if match["brace"]:
            raise ValueError(f"matching brace not found for '{match['brace']}'")
        if not rest:
            raise ValueError("the template has more places than there are arguments")
        return _shown(rest.pop(0))

    text = _PLACE.sub(fill, _text(template))
    if rest:
        raise ValueError("the template has fewer places than there are arguments")
    return text


def _shown(value: Any) -> str:
    """A value in a text: objects and arrays are written as Java's, as recorded on AWS."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}={_shown(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_shown(inner) for inner in value) + "]"
    return payload.text(value)


# By name: the function, and how many arguments it takes at least and at most.
FUNCTIONS: dict[str, tuple[Callable[..., Any], int, int]] = {
    "Array": (array, 0, sys.maxsize),
    "ArrayContains": (array_contains, 2, 2),
    "ArrayGetItem": (array_get_item, 2, 2),
    "ArrayLength": (array_length, 1, 1),
    "ArrayPartition": (array_partition, 2, 2),
    "ArrayRange": (array_range, 3, 3),
    "ArrayUnique": (array_unique, 1, 1),
    "Base64Decode": (base64_decode, 1, 1),
    "Base64Encode": (base64_encode, 1, 1),
    "Format": (format_, 1, sys.maxsize),
    "Hash": (hash_, 2, 2),
    "JsonMerge": (json_merge, 3, 3),
    "JsonToString": (json_to_string, 1, 1),
    "MathAdd": (math_add, 2, 2),
    "MathRandom": (math_random, 2, 3),
    "StringSplit": (string_split, 2, 2),
    "StringToJson": (string_to_json, 1, 1),
    "UUID": (uuid_, 0, 0),
}
