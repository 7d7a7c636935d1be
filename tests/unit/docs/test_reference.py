"""The pages of docs/ that are written from the code agree with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs.reference.__main__ import DIRECTORY, PAGES, main
from docs.reference.settings_page import settings_page


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_up_to_date(name: str) -> None:
    written = (DIRECTORY / name).read_text(encoding="utf-8")
    assert written == PAGES[name](), f"docs/{name} is stale: run make docs, and commit the page"


def test_the_pages_are_written_to_their_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("docs.reference.__main__.DIRECTORY", tmp_path)
    main()
    assert {file.name for file in tmp_path.iterdir()} == set(PAGES)


@pytest.mark.parametrize(
    "row",
    [
        "| `max_concurrency` | number, 1 to 10,000 | `100` | How many",
        "| `run_retention_days` | days, 1 to 3,650 | none | How many",
        '| `bucket_policy` | `"own"`, `"merge"` or `"handover"` | `"own"` |',
        "| `account_id` | AWS account id: 12 digits, in quotes | required |",
        "| `prefixes` | list of key prefixes, at most 100 | required |",
    ],
)
def test_a_row_has_the_name_the_type_with_its_unit_and_the_default(row: str) -> None:
    assert f"\n{row}" in settings_page()


def test_every_group_has_a_section() -> None:
    sections = [line for line in settings_page().splitlines() if line.startswith("## ")]
    assert sections[:4] == ["## Top level", "## `[target]`", "## `[source]`", "## `[state_backend]`"]
    assert {"## `[inventory.existing]`", "## `[map]`", "## `[schedule]`"} < set(sections)


def test_the_name_is_not_a_row_because_a_file_may_not_set_it() -> None:
    assert "| `name` |" not in settings_page()
