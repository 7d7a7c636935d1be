"""The page of the last runs loads nothing, escapes what comes from outside, and shows every run."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from mapspan.results import plot
from mapspan.results.plot import Bar
from mapspan.results.runs.runs_page import runs_page
from tests.fixtures.listed_runs import CLEAN, DEAD, FIVE, NEWEST, overview, report


class Tags(HTMLParser):
    """The tags of a page, and the tags that it doesn't close."""

    VOID = ("meta", "br", "rect", "link", "input")

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag


def test_the_page_has_a_chart_for_each_trend_and_a_row_for_each_run() -> None:
    page = runs_page(FIVE)
    assert re.findall(r"<h2>(.*?)</h2>", page) == [
        "All runs together",
        "Keys processed",
        "Keys failed or never tried",
        "Duration",
        "Cost",
        "Why keys failed",
        "The runs",
    ]
    assert page.count('<svg class="columns"') == 4
    for run in FIVE.runs:
        assert f'<td data-title="run"><code>{run.name}</code></td>' in page
    assert 'aria-label="Keys failed or never tried: 0 to 3, last 0"' in page
    assert "<title>failing, 2026-11-18 02:00: 1 pending</title>" in page
    assert "2 runs, last in <code>failing</code> of 2026-11-18 02:00" in page


def test_the_page_asks_for_nothing_and_runs_no_script() -> None:
    page = runs_page(FIVE)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy
    assert policy[1].startswith("default-src 'none'; style-src 'sha256-")
    assert "script" not in page
    assert "http" not in page.replace("http-equiv", "")
    tags = Tags(page)
    assert not {"script", "link", "img", "iframe", "form"} & set(tags.tags)
    assert not {name for name, _ in tags.attributes if name.startswith("on") or name in ("src", "href", "style")}
    assert tags.open == []


def test_what_comes_from_outside_is_shown_and_not_obeyed() -> None:
    nasty = '<script>bad()</script>"\u202e'
    run = overview("night", failures={nasty: 1}, started_by=nasty, status="FAILED", error=nasty)
    page = runs_page(report(run))
    assert "<script" not in page
    assert "\u202e" not in page
    assert page.count("&lt;script&gt;bad()&lt;/script&gt;&quot;⟨U+202E⟩") == 3


def test_runs_without_numbers_have_a_page() -> None:
    for shown in (report(), report(NEWEST), report(DEAD), report(NEWEST, DEAD)):
        assert Tags(runs_page(shown)).open == []
    assert "No run yet" in runs_page(report())
    assert 'class="next"' not in runs_page(report(CLEAN))


def test_a_column_is_as_high_as_its_share_and_the_smallest_is_still_visible() -> None:
    def bar(value: float, kind: str = "failed") -> Bar:
        return Bar(label="x", value=value, value_text="", kind=kind)

    svg = plot.columns([[bar(10**9, "succeeded"), bar(1)], [], [bar(0)], [bar(10**9 / 2)]], description="d")
    heights = [float(height) for height in re.findall(r'height="([\d.]+)"><title', svg)]
    assert len(heights) == 3, "an empty stack and a zero have no shape"
    largest, smallest, half = heights
    assert smallest >= 4
    assert largest + smallest <= 120
    assert half < largest / 1.9
    tops = [float(top) for top in re.findall(r' y="([\d.]+)"', svg)]
    assert min(tops, default=0) >= 0
    assert '<rect class="failed"' in svg
