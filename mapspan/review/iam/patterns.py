"""IAM's patterns: `*` stands for any text, `?` for one character, and `${*}`, `${?}` and `${$}` for themselves."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

_WILDCARD = re.compile(r"[*?$]")
_PARTS = re.compile(r"\$\{[*?$]\}|.", re.DOTALL)


class PatternIndex:
    """Patterns by the text that each begins with, so that only a few are compared with a value."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self._by_beginning: dict[str, list[str]] = {}
        for pattern in patterns:
            self._by_beginning.setdefault(_WILDCARD.split(pattern, maxsplit=1)[0], []).append(pattern)
        self._lengths = sorted({len(beginning) for beginning in self._by_beginning})

    def matching(self, value: str) -> Iterator[str]:
        """The patterns that match a value."""
        for length in self._lengths:
            for pattern in self._by_beginning.get(value[:length], ()):
                if covers(pattern, value):
                    yield pattern


def covers(pattern: str, value: str) -> bool:
    """Whether `pattern` matches everything that `value` matches."""
    return _expression(pattern).fullmatch(value) is not None


@lru_cache(maxsize=4096)
def overlaps(first: str, second: str) -> bool:
    """Whether some text matches both patterns."""
    if not {"*", "?"} & {*first, *second}:
        return first == second
    return _share_text(_parts(first), _parts(second))


def _share_text(first: Sequence[str], second: Sequence[str]) -> bool:
    # The places in `second` that can be reached with the parts of `first` so far.
    places = _past_stars(second, {0})
    for part in first:
        if part == "*":
            places = set(range(min(places), len(second) + 1)) if places else set()
        else:
            stay = {place for place in places if place < len(second) and second[place] == "*"}
            step = {
                place + 1
                for place in places
                if place < len(second) and second[place] != "*" and "?" in (part, second[place])
            }
            step |= {place + 1 for place in places if place < len(second) and second[place] == part}
            places = _past_stars(second, stay | step)
    return len(second) in places


def _past_stars(parts: Sequence[str], places: set[int]) -> set[int]:
    """The places, and those behind the stars that stand there: a star may stand for nothing."""
    reached = set(places)
    for place in sorted(places):
        while place < len(parts) and parts[place] == "*":
            place += 1  # noqa: PLW2901 - walks over the stars from each place
            reached.add(place)
    return reached


def _parts(pattern: str) -> list[str]:
    return _PARTS.findall(pattern)


@lru_cache(maxsize=4096)
def _expression(pattern: str) -> re.Pattern[str]:
    wildcards = {"*": ".*", "?": "."}
    return re.compile("".join(wildcards.get(part) or re.escape(part) for part in _parts(pattern)), re.DOTALL)
