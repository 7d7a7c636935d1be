"""The lines of a key list: JSON in ASCII, so that no reader mistakes U+2028 or U+0085 for a line end."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .listed_object import ListedObject


def key_lines(keys: Sequence[str]) -> bytes:
    """`{"Key": …}` on each line.

    One call for the whole page: the array's separator is the end of one line and the beginning of the next.
    """
    array = json.dumps(keys, separators=('}\n{"Key":', ":"))
    return f'{{"Key":{array[1:-1]}}}\n'.encode("ascii")


def lines_as_read(objects: Sequence[ListedObject]) -> bytes:
    """A line for each object, which is read as it is then."""
    if not any(one.archived for one in objects):
        return key_lines([one.key for one in objects])
    return _lines([f'{{"Key":{key}' for key in _texts([one.key for one in objects])], objects)


def lines_as_listed(objects: Sequence[ListedObject]) -> bytes:
    """A line for each object with its ETag, so that it is read only if it is still the same."""
    keys, etags = _texts([one.key for one in objects]), _texts([one.etag for one in objects])
    return _lines([f'{{"Key":{key},"ETag":{etag}' for key, etag in zip(keys, etags, strict=True)], objects)


def _lines(begun: Sequence[str], objects: Sequence[ListedObject]) -> bytes:
    ends = (',"Archived":true}\n' if one.archived else "}\n" for one in objects)
    return "".join(begin + end for begin, end in zip(begun, ends, strict=True)).encode("ascii")


def _texts(values: Sequence[str]) -> list[str]:
    """The JSON of each value, in one call: no line end stands inside a JSON string."""
    return json.dumps(values, separators=("\n", ":"))[1:-1].split("\n")
