"""Takes the pictures of docs/images from a run's report: `python -m tests.e2e.report_pictures REPORT.html`.

The page is what `mapspan report ENVIRONMENT EXECUTION --html REPORT.html` wrote. Needs chromium.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from PIL import Image

from tests.e2e.browser import picture

IMAGES = Path(__file__).parents[2] / "docs" / "images"
SIZES = {390: 1_500, 1_400: 1_000}  # height by width, in pixels


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("usage: python -m tests.e2e.report_pictures REPORT.html")
    page = Path(sys.argv[1]).resolve()
    for width, height in SIZES.items():
        for dark in (False, True):
            target = IMAGES / f"report-{width}-{'dark' if dark else 'light'}.png"
            with tempfile.TemporaryDirectory() as scratch:
                picture(page, Path(scratch), target, width=width, height=height, dark=dark)
            with Image.open(target) as taken:  # a browser's window is at least 500 pixels wide
                cropped = taken.crop((0, 0, width, height)).quantize()
            cropped.save(target, optimize=True)
            sys.stdout.write(f"written {target.name}\n")


if __name__ == "__main__":
    main()
