"""The options of every command that writes a review."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

Format = Literal["markdown", "terminal", "json"]
FormatOption = Annotated[
    Format | None,
    typer.Option("--format", help="The format of the review. Default: terminal, or markdown into a file or pipe."),
]
OutputOption = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Write the review to this file, not to stdout.", dir_okay=False)
]
