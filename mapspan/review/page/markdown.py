"""A review as Markdown for a pull request's comment."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mapspan.review.page.blocks import Block, Code, Folded, Heading, Line, Points, Table

# GitHub refuses longer comments. https://github.com/orgs/community/discussions/27190
LIMIT = 65_536
_CUT = "\n\n*The rest is too long for a comment: see the review's output.*\n"


def markdown(blocks: Sequence[Block]) -> str:
    """The blocks as GitHub's Markdown."""
    return "\n\n".join(_block(block) for block in blocks) + "\n"


def cut(text: str, limit: int = LIMIT) -> str:
    """The text, shortened to what a comment may hold; fences and folds that the cut leaves open are closed."""
    if len(text) <= limit:
        return text
    closing = "\n```" + "\n</details>" * 4
    kept = text[: limit - len(_CUT) - len(closing)].rsplit("\n", 1)[0]
    fence = "\n```" if len(re.findall(r"^```", kept, re.MULTILINE)) % 2 else ""
    folds = kept.count("<details>") - kept.count("</details>")
    return kept + fence + "\n</details>" * folds + _CUT


def _block(block: Block) -> str:
    match block:
        case Heading(words, level):
            return f"{'#' * level} {words}"
        case Line(words):
            return words
        case Points(points):
            return "\n".join(f"- {point}" for point in points)
        case Table(header, rows):
            lines = [header, ["---"] * len(header), *rows]
            return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)
        case Code(text, language):
            fence = "`" * max(3, *(len(run) + 1 for run in re.findall(r"`+", text) or [""]))
            return f"{fence}{language}\n{text}\n{fence}"
        case Folded(title, blocks):
            details = "\n\n".join(_block(inner) for inner in blocks)
            return f"<details><summary>{_html(title)}</summary>\n\n{details}\n\n</details>"


def _cell(words: str) -> str:
    return words.replace("|", "\\|").replace("\n", " ")


def _html(words: str) -> str:
    """A line as the HTML that a fold's title takes."""
    escaped = words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"\*\*([^*]+)\*\*", r"<b>\1</b>", re.sub(r"`([^`]*)`", r"<code>\1</code>", escaped))
