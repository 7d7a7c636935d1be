"""The words of a review with their marks: names stand between backticks, what matters stands between `**`.

Text from outside enters a line through `code` or `plain`, so that it can't be taken for a mark.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

# A mark that is escaped, a name between two fences of the same length, or a switch to bold and back.
_MARK = re.compile(
    r"\\(?P<literal>[\\`*])|(?P<fence>`++)(?P<code>.*?)(?<!`)(?P=fence)(?!`)|(?P<switch>\*\*)", re.DOTALL
)


@dataclass(frozen=True)
class Words:
    """Words that are all set alike."""

    text: str
    is_code: bool = False
    is_bold: bool = False


def code(name: object) -> str:
    """A name set as code: between fences longer than any run of backticks in it."""
    text = str(name) or '""'
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    needs_space = "`" in (text[0], text[-1]) or (text[0] == text[-1] == " " and text.strip(" "))
    space = " " if needs_space else ""
    return f"{fence}{space}{text}{space}{fence}"


def code_list(names: Iterable[object]) -> str:
    """Names set as code, with an "and" before the last."""
    codes = [code(name) for name in names]
    if len(codes) <= 1:
        return codes[0] if codes else "nothing"
    return ", ".join(codes[:-1]) + f" and {codes[-1]}"


def plain(text: object) -> str:
    """Text set as ordinary words: nothing in it counts as a mark."""
    return re.sub(r"[\\`*]", r"\\\g<0>", str(text))


def parse(marked: str) -> list[Words]:
    """The words without their marks."""
    return [words for words in _parts(marked) if words.text]


def unmarked(marked: str) -> str:
    """The words alone."""
    return "".join(words.text for words in parse(marked))


def _parts(marked: str) -> Iterator[Words]:
    end, is_bold, text = 0, False, ""
    for match in _MARK.finditer(marked):
        text += marked[end : match.start()]
        end = match.end()
        if match["literal"]:
            text += match["literal"]
            continue
        yield Words(text, is_bold=is_bold)
        text = ""
        if match["switch"]:
            is_bold = not is_bold
        else:
            yield Words(_unpadded(match["code"]), is_code=True, is_bold=is_bold)
    yield Words(text + marked[end:], is_bold=is_bold)


def _unpadded(name: str) -> str:
    is_padded = name[:1] == name[-1:] == " " and name.strip(" ")
    return name[1:-1] if is_padded else name
