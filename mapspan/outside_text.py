"""Text from outside, such as names, keys, tags and other programs' messages, with every hidden character shown."""

from __future__ import annotations

import re

# Control characters, line separators, characters that change the direction of text, and characters without a shape;
# also lone surrogates and noncharacters, which UTF-8 and XML refuse. Not U+FE00 to U+FE0F, which emoji need.
# https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing
_HIDDEN_RANGES = (
    r"\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164"
    r"\ud800-\udfff\ufdd0-\ufdef\ufeff\uffa0\ufff9-\ufffb\ufffe\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    r"\U000e0000-\U000e0fff"
) + "".join(rf"\U{plane:04x}fffe\U{plane:04x}ffff" for plane in range(1, 17))
_HIDDEN = re.compile(f"[{_HIDDEN_RANGES}]")
_DELETE = "\x7f"


def visible(text: str) -> str:
    """The text as one line: `␊` for a newline, `␛` for an escape, `⟨U+202E⟩` for a character without a symbol."""
    return _HIDDEN.sub(lambda match: _symbol(match[0]), text)


def visible_lines(text: str, *, indent: int = 0) -> str:
    """The text with its lines and tabs, and a symbol for every other hidden character.

    `indent`: spaces before each line but the first, so that none looks like a line of ours.
    """
    shown = _HIDDEN.sub(lambda match: match[0] if match[0] in "\n\t" else _symbol(match[0]), text)
    return shown.replace("\n", "\n" + " " * indent)


def _symbol(character: str) -> str:
    if character < " ":
        return chr(0x2400 + ord(character))
    return "␡" if character == _DELETE else f"⟨U+{ord(character):04X}⟩"
