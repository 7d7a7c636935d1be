"""A review as text for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.syntax import Syntax
from rich.table import Column
from rich.table import Table as RichTable
from rich.text import Text

from mapspan.outside_text import visible, visible_lines
from mapspan.review.marked_words import parse
from mapspan.review.page.blocks import Block, Code, Folded, Heading, Line, Points, Table


def print_blocks(blocks: Sequence[Block], console: Console) -> None:
    """Print the blocks, with all folds open and without diagrams, which a terminal can't draw."""
    for block in blocks:
        _print_block(block, console)


def _print_block(block: Block, console: Console) -> None:
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
            columns = (Column(_text(name), overflow="fold") for name in header)
            table = RichTable(*columns, box=None, pad_edge=False, header_style="bold")
            for row in rows:
                table.add_row(*map(_text, row))
            console.print(table)
        case Code(text, language):
            if language != "mermaid":
                console.print(
                    Syntax(visible_lines(text), language, theme="ansi_dark", background_color="default"), soft_wrap=True
                )
        case Folded(title, blocks):
            console.print(_text(title), soft_wrap=True)
            print_blocks(blocks, console)


def _text(marked: str) -> Text:
    """A line without its marks, styled as they say."""
    text = Text()
    for words in parse(marked):
        styles = [style for style, applies in (("bold", words.is_bold), ("cyan", words.is_code)) if applies]
        text.append(visible(words.text), style=" ".join(styles))
    return text
