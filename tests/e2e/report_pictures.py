"""Takes the pictures of docs/images from a run's report: `python -m tests.e2e.report_pictures REPORT.html`.

The page is what `mapspan report ENVIRONMENT EXECUTION --html REPORT.html` wrote. Needs chromium.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from PIL import Image

from tests.fixtures.browser import VIEWS, picture

IMAGES = Path(__file__).parents[2] / "docs" / "images"
HEIGHTS = {390: 1_500, 1_400: 1_000}  # by width, in pixels


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("usage: python -m tests.e2e.report_pictures REPORT.html")
    page = Path(sys.argv[1]).read_text(encoding="utf-8")
    for view in VIEWS:
        target, height = IMAGES / f"report-{view}.png", HEIGHTS[view.width]
        with tempfile.TemporaryDirectory() as scratch:
            picture(page, Path(scratch), target, view, height=height)
        with Image.open(target) as taken:  # a browser's window is at least 500 pixels wide
            cropped = taken.crop((0, 0, view.width, height)).quantize()
        cropped.save(target, optimize=True)
        sys.stdout.write(f"written {target.name}\n")


if __name__ == "__main__":
    main()
