"""Decides where to split a range of keys, from the keys seen so far.

A key is read as a number. Its digits are, at each position, the characters that keys have had there so far. A split may
be badly placed but never wrong: the keys on both sides of it are listed.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# How many digits to use after the first one at which a page's keys differ: more would not separate pages any better.
_PRECISION = 6
# A range expected to hold fewer pages than this isn't worth a request of its own.
_WORTH_SPLITTING_PAGES = 2.0
# Once one character of a set is seen, the others are likely: ids and counters run through all of them.
_SETS = ("0123456789", "abcdef", "ABCDEF")


class Split(NamedTuple):
    """Keys up to and including `at` stay in the lower range.

    `pages`: an estimate of the pages left in the range; None if no estimate is possible and the split is a probe.
    """

    at: str
    pages: float | None


class KeySpace:
    """The characters seen at each position, in code point order, which is S3's order of UTF-8 bytes."""

    def __init__(self) -> None:
        self._seen: list[list[str]] = []

    def learn(self, keys: Iterable[str]) -> None:
        for key in keys:
            for position, character in enumerate(key):
                if position == len(self._seen):
                    self._seen.append([])
                seen = self._seen[position]
                place = bisect_left(seen, character)
                if place == len(seen) or seen[place] != character:
                    seen.insert(place, character)

    def split(self, *, prefix: str, page: tuple[str, str], until: str | None) -> Split | None:
        """Where to divide the keys after a page (its first and last key), up to `until` or to the end of `prefix`.

        None if they can't be divided.
        """
        after = page[1]
        fixed = len(prefix) if until is None else _shared(after, until)
        return self._middle(fixed, page, until) or self._probe(fixed, page, until)

    def cuts(self, *, prefix: str, page: tuple[str, str], until: str | None, count: int) -> tuple[list[str], float]:
        """Where to divide the keys after a page into at most `count` ranges of about the same size, in order.

        Also an estimate of the pages left in all of them.
        """
        after = page[1]
        fixed = len(prefix) if until is None else _shared(after, until)
        low, high, digits, pages = self._numbers(fixed, page, until)
        cuts: list[str] = []
        for place in range(1, count):
            cut = after[:fixed] + _characters(low + (high - low) * place // count, digits)
            if (cuts[-1] if cuts else after) < cut and (until is None or cut < until):
                cuts.append(cut)
        return cuts, pages

    def _middle(self, fixed: int, page: tuple[str, str], until: str | None) -> Split | None:
        """Half-way between the numbers of both ends, if enough pages are left."""
        low, high, digits, pages = self._numbers(fixed, page, until)
        if pages < _WORTH_SPLITTING_PAGES:
            return None
        after = page[1]
        at = _text(after[:fixed], (low + high) // 2, digits, after, until)
        return Split(at, pages) if at else None

    def _numbers(self, fixed: int, page: tuple[str, str], until: str | None) -> tuple[int, int, list[list[str]], float]:
        """Both ends of what comes after a page as numbers, their digits, and about how many pages lie between them."""
        first, after = page
        precision = min(max(fixed, _shared(*page)) + _PRECISION, len(self._seen))
        digits = [_with_kin(seen) for seen in self._seen[fixed:precision]]
        low, high = _number(after[fixed:], digits), _number(until and until[fixed:], digits)
        start = _number(first[fixed:], digits) if first.startswith(after[:fixed]) else 0
        return low, high, digits, (high - low) / max(1, low - start)

    def _probe(self, fixed: int, page: tuple[str, str], until: str | None) -> Split | None:
        """Where the keys may continue differently: half-way along the characters that all keys of the page share."""
        after = page[1]
        depth = min((fixed + _shared(*page)) // 2, len(after) - 1)
        if depth < fixed:
            return None
        at = after[:depth] + _above(after[depth])
        return Split(at, None) if after < at and (until is None or at < until) else None


def _with_kin(seen: list[str]) -> list[str]:
    if len(seen) < 2:
        return seen
    kin: set[str] = set()
    for characters in _SETS:
        if any(character in characters for character in seen):
            kin |= set(characters)
    return sorted(kin.union(seen))


def _number(key: str | None, digits: Sequence[Sequence[str]]) -> int:
    """`key` as a number with these digits; None is higher than every key."""
    number = 0
    for position, known in enumerate(digits):
        digit = bisect_left(known, key[position]) if key is not None and position < len(key) else 0
        number = number * len(known) + (digit if key is not None else len(known) - 1)
    return number + (key is None)


def _text(stem: str, number: int, digits: Sequence[Sequence[str]], after: str, until: str | None) -> str | None:
    """The shortest text for `number` that lies strictly between `after` and `until`, if any."""
    text = stem
    for character in _characters(number, digits):
        text += character
        if text > after and (until is None or text < until):
            return text
    return None


def _characters(number: int, digits: Sequence[Sequence[str]]) -> str:
    """The digits of `number`."""
    characters = []
    for known in reversed(digits):
        number, digit = divmod(number, len(known))
        characters.append(known[digit])
    return "".join(reversed(characters))


def _above(character: str) -> str:
    """The middle one of the characters that are likely above this one; if none is, the next code point."""
    for characters in _SETS:
        if character in characters[:-1]:
            return characters[(characters.index(character) + len(characters)) // 2]
    code = min(ord(character) + 1, 0x10FFFF)
    return chr(0xE000 if 0xD800 <= code <= 0xDFFF else code)


def _shared(one: str, other: str) -> int:
    """The length of the common prefix, in characters."""
    for position, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return position
    return min(len(one), len(other))
