"""docs/cli.md has every command, and the same text on every machine."""

from __future__ import annotations

import subprocess
import sys

import pytest

from docs.reference.cli_page import cli_page
from mapspan.checkout import ROOT


@pytest.mark.parametrize("name", ["new", "try", "bootstrap", "check-access", "run", "report", "demo", "local start"])
def test_a_command_has_a_section_with_its_help_and_its_examples(name: str) -> None:
    section = cli_page().partition(f"### `mapspan {name}`\n")[2].partition("\n### ")[0]
    assert f"Usage: mapspan {name} [OPTIONS]" in section
    assert "\n  Example" in section
    assert f"\n    mapspan {name}" in section


def test_the_sections_are_the_panels_of_the_help() -> None:
    sections = [line for line in cli_page().splitlines() if line.startswith("## ")]
    assert sections == ["## Job", "## Deploy", "## Run", "## Results", "## Local"]


def test_the_page_does_not_depend_on_the_terminal() -> None:
    program = "from docs.reference.cli_page import cli_page; import sys; sys.stdout.write(cli_page())"
    done = subprocess.run(  # noqa: S603 - this interpreter, our own code
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={"COLUMNS": "40", "TERMINAL_WIDTH": "40", "FORCE_COLOR": "1", "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == cli_page()
