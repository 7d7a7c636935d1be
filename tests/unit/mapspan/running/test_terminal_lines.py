"""Lines fit their stream, and a line of `mapspan list` breaks between its columns."""

from __future__ import annotations

import io
import sys

import pytest
from rich.cells import cell_len

from mapspan.running.terminal_lines import TerminalLines, allow_any_character

ROW = [f"{'night':36}", "SUCCEEDED", "2026-11-22 01:00", f"{'1 min 40 s':>12}", "listed 10 = succeeded 9 + failed 1"]


def test_at_80_columns_a_row_breaks_before_its_ledger() -> None:
    first, second = TerminalLines(width=80).packed(ROW, hanging=4)
    assert first.endswith("1 min 40 s")
    assert second == "    listed 10 = succeeded 9 + failed 1"


@pytest.mark.parametrize("width", [None, 200])
def test_a_row_that_fits_is_one_line(width: int | None) -> None:
    assert list(TerminalLines(width=width).packed(ROW, hanging=4)) == ["  ".join(ROW)]


@pytest.mark.parametrize("width", range(20, 90, 7))
def test_no_line_is_wider_than_its_terminal(width: int) -> None:
    lines = TerminalLines(width=width)
    assert all(cell_len(line) <= width for line in lines.packed(ROW, indent=2, hanging=4))


def test_a_failure_that_is_too_wide_has_a_line_for_its_key_and_one_for_its_cause() -> None:
    cause = "403: " + "x" * 90 + " on resource: arn:aws:s3:::landing-zone/a.csv"
    key, below = TerminalLines(width=80).failure("2026/a.csv", cause, "AccessDenied, 4 keys", indent=2)
    assert key == "  2026/a.csv (AccessDenied, 4 keys):"
    assert below.startswith("    403: xxx")
    assert below.endswith(" arn:aws:s3:::landing-zone/a.csv")
    assert list(TerminalLines(width=80).failure("a", "gone", "NotFound")) == ["a: gone (NotFound)"]


def test_a_stdout_that_lacks_a_character_prints_its_escape(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    stdout = io.TextIOWrapper(written, encoding="cp1252", write_through=True)
    monkeypatch.setattr(sys, "stdout", stdout)
    allow_any_character()
    print("2026/東.csv")  # noqa: T201 - what a command does
    assert written.getvalue().split() == [b"2026/\\u6771.csv"]
