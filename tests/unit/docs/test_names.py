"""The files, tests and decisions that the docs name exist."""

from __future__ import annotations

import re

import pytest

from mapspan.checkout import ROOT
from tests.unit.docs.pages import Page, pages

DECISIONS = ROOT / "docs" / "decisions"
TESTS = {
    name
    for file in (ROOT / "tests").rglob("test_*.py")
    for name in re.findall(r"def (test_\w+)\(", file.read_text(encoding="utf-8"))
}


@pytest.mark.parametrize("page", pages(), ids=repr)
def test_every_test_that_a_page_names_exists(page: Page) -> None:
    named = {code for code in page.inline_code() if re.fullmatch(r"test_\w+", code)}
    assert named - TESTS == set()


@pytest.mark.parametrize("page", pages(), ids=repr)
def test_every_file_that_a_page_names_exists(page: Page) -> None:
    # Whether an environment or a job exists is up to the user of the checkout.
    file_name = re.compile(
        r"(?!environments/[\w-]+\.toml|jobs/(?!README))\w[\w./-]+/[\w.-]+\.(css|json|md|mjs|py|toml)"
    )
    named = {code for code in page.inline_code() if file_name.fullmatch(code)}
    assert {file for file in named if not (ROOT / file).exists() and not file.startswith("cdktf.out/")} == set()


def test_the_index_lists_every_decision_under_its_title() -> None:
    index = (DECISIONS / "README.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| \[\d+\]\((\S+)\) \| (.*?) \| \d{4}-\d\d-\d\d \| \w", index, re.MULTILINE))
    titles = {
        file.name: file.read_text(encoding="utf-8").partition("\n")[0].partition(". ")[2]
        for file in sorted(DECISIONS.glob("0*.md"))
    }
    assert rows == titles


def test_every_recorded_fact_that_a_test_names_has_a_row() -> None:
    page = (ROOT / "docs" / "recorded-on-aws.md").read_text(encoding="utf-8")
    rows = set(re.findall(r"^\| (\d+) \|", page, re.MULTILINE))
    named = {
        (file.name, number)
        for file in (ROOT / "tests").rglob("test_*.py")
        for numbers in re.findall(r"\bFacts? (\d+(?:(?:, | to | and )\d+)*)", file.read_text(encoding="utf-8"))
        for number in re.findall(r"\d+", numbers)
    }
    assert named
    assert {(file, number) for file, number in named if number not in rows} == set()


def test_every_decision_that_the_code_names_exists() -> None:
    numbers = {file.name[:4] for file in DECISIONS.glob("0*.md")}
    rooms = ("benchmarks", "environments", "examples", "lambdas", "local_cloud", "mapspan", "modules", "tests")
    named = {
        (str(file.relative_to(ROOT)), number.zfill(4))
        for room in rooms
        for file in (ROOT / room).rglob("*.py")
        for number in re.findall(r"(?:[Dd]ecision |docs/decisions/)(\d+)", file.read_text(encoding="utf-8"))
    }
    assert {(file, number) for file, number in named if number not in numbers} == set()
