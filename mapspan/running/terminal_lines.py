"""Lines that fit the stream they are printed on: its width, and the characters that its encoding has."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console

from mapspan.outside_text import ELLIPSIS, encodable, shorten_middle, visible

_GAP = "  "
_NARROWEST = 20


@dataclass(frozen=True, kw_only=True)
class TerminalLines:
    """`width` in columns; None if lines may have any length, as on a pipe."""

    encoding: str = "utf-8"
    width: int | None = None

    @classmethod
    def of(cls, console: Console) -> TerminalLines:
        return cls(encoding=console.encoding, width=max(_NARROWEST, console.width) if console.is_terminal else None)

    def text(self, text: str, width: int | None = None) -> str:
        """Text from outside as one line, shortened in the middle to `width` columns, or to the whole width."""
        shown = self._whole(text)
        limit = self.width if width is None else width
        mark = ELLIPSIS if encodable(ELLIPSIS, self.encoding) == ELLIPSIS else "..."
        return shown if limit is None else shorten_middle(shown, limit, mark=mark)

    def packed(self, parts: Iterable[str], *, indent: int = 0, hanging: int = 0) -> Iterator[str]:
        """The parts side by side, in as many lines as they need. A part is cut only if it is wider than a line.

        `hanging`: how many more spaces the lines after the first begin with.
        """
        room = None if self.width is None else self.width - indent - hanging
        line = ""
        for part in (self.text(part, room) for part in parts):
            longer = f"{line}{_GAP}{part}" if line else part
            if room is not None and line and cell_len(longer) > room + hanging:
                yield " " * indent + line
                indent, hanging, line = indent + hanging, 0, part
            else:
                line = longer
        if line:
            yield " " * indent + line

    def failure(self, key: str, cause: str, about: str, *, indent: int = 0) -> Iterator[str]:
        """`KEY: CAUSE (about)`; if that is too wide, `KEY (about):`, and below it the cause with a line of its own."""
        space = " " * indent
        one_line = space + self._whole(f"{key}: {cause} ({about})" if key else f"{cause} ({about})")
        if self.width is None or cell_len(one_line) <= self.width:
            yield one_line
            return
        room = self.width - indent
        tail = f" ({self.text(about, room // 2)}):"
        yield f"{space}{self.text(key or 'a whole batch', room - cell_len(tail))}{tail}"
        yield f"{space}  {self.text(cause, room - 2)}"

    def _whole(self, text: str) -> str:
        return encodable(visible(text), self.encoding)


def allow_any_character() -> None:
    """Make stdout and stderr print an escape for a character that their encoding lacks, instead of raising."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
