"""Writes docs/images/watch.svg from a run that is going on: `python -m docs.reference.watch_picture ENVIRONMENT RUN`.

Start the run first, with a job that fails on a few keys: `mapspan run local --name RUN`.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console

from mapspan.deployment import find_deployment
from mapspan.running.execution import Execution
from mapspan.running.progress import Progress
from mapspan.running.progress_display import frame
from mapspan.running.watch import LOCAL_POLL_SECONDS, POLL_SECONDS

PICTURE = Path(__file__).parent.parent / "images" / "watch.svg"
_WIDTH = 112


def watch_picture(polls: Iterable[Progress], title: str) -> str:
    """An SVG of what a terminal shows of the last poll at which keys were being processed; else of the last poll."""
    chosen: Progress | None = None
    for progress in polls:
        if chosen is None or progress.phase == "processing" or chosen.phase != "processing":
            chosen = progress
    console = Console(record=True, width=_WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    if chosen is not None:
        console.print(frame(chosen, console))
    return _without_web_font(console.export_svg(title=title))


def _without_web_font(svg: str) -> str:
    """A page of the docs loads nothing from elsewhere, and rich's template loads a font."""
    svg = re.sub(r"@font-face \{[^}]*\}", "", svg)
    return svg.replace("Fira Code, monospace", "ui-monospace, Menlo, Consolas, DejaVu Sans Mono, monospace")


def main() -> None:
    environment, run = sys.argv[1:]
    deployment = find_deployment(environment)
    execution = Execution(deployment.execution_arn(run), deployment.step_functions())
    poll_seconds = POLL_SECONDS if deployment.local_cloud_url is None else LOCAL_POLL_SECONDS
    svg = watch_picture(execution.follow(poll_seconds=poll_seconds), f"mapspan watch {environment}")
    PICTURE.write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main()
