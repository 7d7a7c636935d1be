"""A review on a terminal."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rich.console import Console
from rich.syntax import Syntax
from rich.table import Column
from rich.table import Table as RichTable
from rich.text import Text

from mapspan.review.page.document import Block, Code, Folded, Heading, Line, Points, Table

_MARK = re.compile(r"\*\*(?P<bold>(?:`[^`]*`|[^*`])+)\*\*|`(?P<code>[^`]*)`")


def show(blocks: Sequence[Block], console: Console) -> None:
    """Print the blocks; folds stand open, and a diagram is left to where it can be drawn."""
    for block in blocks:
        _show(block, console)


def _show(block: Block, console: Console) -> None:
    match block:
        case Heading(words, level):
            console.print()
            console.print(_text(words), style="bold underline" if level <= 2 else "bold", soft_wrap=True)
        case Line(words):
            console.print(_text(words), soft_wrap=True)
        case Points(points):
            for point in points:
                console.print(Text("• ").append_text(_text(point)), soft_wrap=True)
        case Table(header, rows):
            table = RichTable(*(Column(_text(each)) for each in header), box=None, pad_edge=False, header_style="bold")
            for row in rows:
                table.add_row(*map(_text, row))
            console.print(table)
        case Code(text, language):
            if language != "mermaid":
                console.print(Syntax(text, language, theme="ansi_dark", background_color="default"), soft_wrap=True)
        case Folded(title, blocks):
            console.print(_text(title), soft_wrap=True)
            show(blocks, console)


def _text(words: str) -> Text:
    found, end = Text(), 0
    for match in _MARK.finditer(words):
        found.append(words[end : match.start()])
        if match["bold"] is not None:
            inside = _text(match["bold"])
            inside.stylize("bold")
            found.append_text(inside)
        else:
            found.append(match["code"], style="cyan")
        end = match.end()
    return found.append(words[end:])
