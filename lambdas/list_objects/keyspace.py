"""Where to split a range of keys, guessed from the shape of the keys seen so far.

A key is read as a number whose digits are, position by position, the characters that keys seen so far have
there. Guesses can be bad, never wrong: a range is split at *some* string between its ends, and whatever lies
on either side is listed.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

_DIGITS = frozenset("0123456789")
_HEX_LETTERS = frozenset("abcdef")
_LOWER = frozenset("abcdefghijklmnopqrstuvwxyz")
_UPPER = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
# Digits beyond the first position where a page's keys differ: more would tell pages apart no better.
_PRECISION = 6


class Split(NamedTuple):
    """`at`: keys up to and including it stay below. `pages_left`: how many pages the range may still hold."""

    at: str
    pages_left: float


class KeySpace:
    """What is known of the keys: the characters seen at each position (in UTF-8 code point order)."""

    def __init__(self) -> None:
        self._seen: list[set[str]] = []
        self._digits: dict[int, list[str]] = {}

    def learn(self, keys: Iterable[str]) -> None:
        for key in keys:
            for position, character in enumerate(key):
                if position == len(self._seen):
                    self._seen.append(set())
                if character not in self._seen[position]:
                    self._seen[position].add(character)
                    self._digits.pop(position, None)

    def split(self, *, prefix: str, page: tuple[str, str], until: str | None) -> Split | None:
        """The middle of what lies after the last key of `page` (its first and last key) and up to `until`.

        `until` None stands for the last key that begins with `prefix`.
        None when there is nothing that could be split off.
        """
        first, after = page
        fixed = _shared(after, until) if until is not None else len(prefix)
        precision = max(fixed, _shared(*page)) + _PRECISION
        radices = [len(self._digits_at(position)) + 1 for position in range(fixed, precision)]
        low = self._number(after, fixed, radices)
        high = self._number(until, fixed, radices) if until is not None else _product(radices)
        start = self._number(first, fixed, radices) if first[:fixed] == after[:fixed] else 0
        at = self._text(after[:fixed], (low + high) // 2, radices, after, until)
        return Split(at, (high - low) / max(1, low - start)) if at else None

    def _digits_at(self, position: int) -> list[str]:
        if position not in self._digits:
            seen = self._seen[position] if position < len(self._seen) else set().union(*self._seen[-3:])
            self._digits[position] = sorted(seen | _kin(seen))
        return self._digits[position]

    def _number(self, key: str, fixed: int, radices: list[int]) -> int:
        number = 0
        for offset, radix in enumerate(radices):
            position = fixed + offset
            digit = 0
            if position < len(key):
                digit = min(bisect_left(self._digits_at(position), key[position]), radix - 1)
            number = number * radix + digit
        return number

    def _text(self, stem: str, number: int, radices: list[int], after: str, until: str | None) -> str | None:
        """The shortest text for `number` that lies strictly between `after` and `until`."""
        digits = []
        for radix in reversed(radices):
            number, digit = divmod(number, radix)
            digits.append(digit)
        text = stem
        for digit in reversed(digits):
            known = self._digits_at(len(text))
            text += known[digit] if digit < len(known) else _next_character(known[-1] if known else " ")
            if text > after and (until is None or text < until):
                return text
        return None


def _kin(seen: set[str]) -> frozenset[str]:
    """Characters likely beside those seen: one digit means all ten, two letters mean the alphabet."""
    kin: frozenset[str] = frozenset()
    digits, lower, upper = seen & _DIGITS, seen & _LOWER, seen & _UPPER
    if digits:
        kin |= _DIGITS
    if len(lower) > 1 or (lower and digits):
        kin |= _HEX_LETTERS if lower <= _HEX_LETTERS else _LOWER
    if len(upper) > 1 or (upper and digits):
        kin |= _UPPER
    return kin


def _shared(one: str, other: str) -> int:
    """How many characters both begin with."""
    for position, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return position
    return min(len(one), len(other))


def _next_character(character: str) -> str:
    code = min(ord(character) + 1, 0x10FFFF)
    return chr(0xE000 if 0xD800 <= code <= 0xDFFF else code)


def _product(radices: list[int]) -> int:
    product = 1
    for radix in radices:
        product *= radix
    return product
