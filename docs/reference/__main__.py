"""Writes each page of docs/ that follows from the code: `python -m docs.reference`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from docs.reference.cli_page import cli_page
from docs.reference.settings_page import settings_page
from tests.aws.page import verified_page

DIRECTORY = Path(__file__).parent.parent

# {file in docs/: the function that returns its text}
PAGES: Mapping[str, Callable[[], str]] = {
    "cli.md": cli_page,
    "settings.md": settings_page,
    "verified-on-aws.md": verified_page,
}


def main() -> None:
    for name, page in PAGES.items():
        (DIRECTORY / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
