"""A review as Markdown for a pull request's comment. What its words contain can't become Markdown or HTML."""

from __future__ import annotations

import re
import string
from collections.abc import Sequence
from html import escape
from itertools import groupby

from mapspan.outside_text import visible, visible_lines
from mapspan.review.marked_words import Words, code, parse
from mapspan.review.page.blocks import Block, Code, Folded, Heading, Line, Points, Table

# GitHub refuses comments of more than 65,536 characters. What is left is for the line that marks a workflow's comment.
# https://github.com/orgs/community/discussions/27190
LIMIT = 65_000
CUT = "\n\n*The rest is too long for a comment: see the review's output.*\n"
_FENCE = re.compile(r"(`{3,})[^`]*")
# Words that GitHub turns into a link or a notification, unless they are code: @name, #12, addresses of pages.
_LIVE = re.compile(r"(\S*(?:@|#\d|\bgh-\d|://|www\.)\S*)", re.IGNORECASE)
# What Markdown reads as a mark. Underscores are marks only at the edge of a word.
_PUNCTUATION = re.compile(r"[\\`*{}\[\]~#]|(?<![^\W_])_|_(?![^\W_])")
# What begins a list at the start of a line.
_BULLET = re.compile(r"(\d*)([-+=.)])")


def markdown(blocks: Sequence[Block]) -> str:
    """The blocks as GitHub's Markdown."""
    return "\n\n".join(_block(block) for block in blocks) + "\n"


def cut(text: str, limit: int = LIMIT) -> str:
    """The text, shortened to what a comment may hold; fences and folds that the cut leaves open are closed."""
    if len(text) <= limit:
        return text
    kept: list[str] = []
    length, fence, folds = len(CUT), "", 0
    ending = ""
    for line in text.split("\n"):
        if fence:
            fence = "" if line == fence else fence
        elif match := _FENCE.fullmatch(line):
            fence = match[1]
        else:
            folds += line.startswith("<details>") - (line == "</details>")
        length += len(line) + 1
        next_ending = (f"\n{fence}" if fence else "") + "\n</details>" * folds
        if length + len(next_ending) > limit:
            break
        kept.append(line)
        ending = next_ending
    return "\n".join(kept) + ending + CUT


def _block(block: Block) -> str:
    match block:
        case Heading(words, level):
            return f"{'#' * level} {_line(words)}"
        case Line(words):
            return _line(words)
        case Points(points):
            return "\n".join(f"- {_line(point)}" for point in points)
        case Table(header, rows):
            lines = [[_cell(words) for words in header], ["---"] * len(header), *([*map(_cell, row)] for row in rows)]
            return "\n".join("| " + " | ".join(line) + " |" for line in lines)
        case Code(text, language):
            fence = "`" * max(3, *(len(run) + 1 for run in re.findall(r"`+", text) or [""]))
            return f"{fence}{language}\n{visible_lines(text)}\n{fence}"
        case Folded(title, blocks):
            details = "\n\n".join(_block(inner) for inner in blocks)
            return f"<details><summary>{_html(title)}</summary>\n\n{details}\n\n</details>"


def _line(marked: str) -> str:
    """A line of its own, which doesn't begin a list."""
    line = _inline(marked).strip(" ")
    bullet = _BULLET.match(line)
    return f"{bullet[1]}\\{line[bullet.start(2) :]}" if bullet else line


def _cell(marked: str) -> str:
    return _inline(marked, in_cell=True)


def _inline(marked: str, *, in_cell: bool = False) -> str:
    """Words as Markdown within one line."""
    groups = [
        (is_bold, "".join(_words(words, in_cell=in_cell) for words in group))
        for is_bold, group in groupby(parse(marked), key=lambda words: words.is_bold)
    ]
    text = ""
    for number, (is_bold, words) in enumerate(groups):
        following = groups[number + 1][1][:1] if number + 1 < len(groups) else ""
        text += _bold(words, text[-1:], following) if is_bold else words
    return text


def _bold(words: str, before: str, after: str) -> str:
    """Words in bold. `**` counts only between certain characters.

    https://spec.commonmark.org/0.31.2/#left-flanking-delimiter-run
    """
    can_stand_beside = {"", *string.whitespace, *string.punctuation}
    if words == words.strip() and before in can_stand_beside and after in can_stand_beside:
        return f"**{words}**"
    return f"<b>{words}</b>"


def _words(words: Words, *, in_cell: bool) -> str:
    if words.is_code:
        name = visible(words.text)
        # In a table, a pipe ends the cell even within code.
        return _html_code(name) if in_cell and "|" in name else code(name)
    parts = _LIVE.split(visible(words.text))
    return "".join(_html_code(part) if number % 2 else _escaped(part) for number, part in enumerate(parts))


def _escaped(text: str) -> str:
    """Text that Markdown shows as it is."""
    return re.sub(r"[&<>|]", lambda match: f"&#{ord(match[0])};", _PUNCTUATION.sub(r"\\\g<0>", text))


def _html_code(name: str) -> str:
    """A name as code, with every character that means something to Markdown or HTML as a number."""
    numbered = re.sub(r"[!-/:-@\[-`{-~]", lambda match: f"&#{ord(match[0])};", name)
    return f"<code>{numbered}</code>"


def _html(marked: str) -> str:
    """A line as the HTML that a fold's title takes."""
    return "".join(_html_words(words) for words in parse(marked))


def _html_words(words: Words) -> str:
    text = visible(words.text)
    if words.is_code:
        html = f"<code>{escape(text, quote=False)}</code>"
    else:
        parts = [escape(part, quote=False) for part in _LIVE.split(text)]
        html = "".join(f"<code>{part}</code>" if number % 2 else part for number, part in enumerate(parts))
    return f"<b>{html}</b>" if words.is_bold else html
