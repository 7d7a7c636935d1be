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
# What a shortened text keeps or drops as a whole: an escape, or a character with the marks that belong to it.
_UNIT = re.compile(
    r"⟨U\+[0-9A-F]{4,6}⟩|\\u27e8U\+[0-9A-F]{4,6}\\u27e9|\\x[0-9a-f]{2}|\\u[0-9a-f]{4}|\\U[0-9a-f]{8}"
    r"|.[\u0300-\u036f\ufe00-\ufe0f]*",
    re.DOTALL,
)
ELLIPSIS = "…"


def visible(text: str) -> str:
    """The text as one line: `␊` for a newline, `␛` for an escape, `⟨U+202E⟩` for a character without a symbol."""
    return _HIDDEN.sub(lambda match: _symbol(match[0]), text)


def visible_lines(text: str, *, indent: int = 0) -> str:
    """The text with its lines and tabs, and a symbol for every other hidden character.

    `indent`: spaces before each line but the first, so that none looks like a line of ours.
    """
    shown = _HIDDEN.sub(lambda match: match[0] if match[0] in "\n\t" else _symbol(match[0]), text)
    return shown.replace("\n", "\n" + " " * indent)


def encodable(text: str, encoding: str) -> str:
    """The text with a backslash escape for each character that the encoding lacks, such as Windows' cp1252."""
    return text.encode(encoding, "backslashreplace").decode(encoding)


def shorten_middle(text: str, width: int, *, mark: str = ELLIPSIS) -> str:
    """The text in at most `width` columns of a terminal: its middle is left out, because both ends say what matters.

    An AccessDenied begins with who was refused and ends with the resource. No escape of `visible` or `encodable` is
    cut in two. Without room for anything beside the mark, as much of the mark as fits.
    """
    from rich.cells import cell_len  # noqa: PLC0415 — the help needs this module, and not rich

    if cell_len(text) <= width:
        return text
    room = width - cell_len(mark)
    if room <= 0:
        return mark[: max(0, width)]
    units = _UNIT.findall(text)
    end, end_columns = len(units), 0
    while end and end_columns + cell_len(units[end - 1]) <= room // 2:
        end -= 1
        end_columns += cell_len(units[end])
    begin, begin_columns = 0, 0
    while begin < end and begin_columns + cell_len(units[begin]) <= room - end_columns:
        begin_columns += cell_len(units[begin])
        begin += 1
    return "".join([*units[:begin], mark, *units[end:]])


def _symbol(character: str) -> str:
    if character < " ":
        return chr(0x2400 + ord(character))
    return "␡" if character == _DELETE else f"⟨U+{ord(character):04X}⟩"
