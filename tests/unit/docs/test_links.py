"""Every relative link of every page points to an existing file and, with an anchor, to an existing heading."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import pytest

from tests.unit.docs.pages import Page, pages


@pytest.mark.parametrize("page", pages(), ids=repr)
def test_every_relative_link_leads_somewhere(page: Page) -> None:
    broken = [link for link in page.links() if not leads_somewhere(page, link)]
    assert broken == []


def leads_somewhere(page: Page, link: str) -> bool:
    """Whether a link is to another site, or to a file and a heading that exist."""
    url = urlsplit(link)
    if url.scheme:
        return True
    target = (page.file.parent / unquote(url.path)).resolve() if url.path else page.file
    if not target.exists():
        return False
    return not url.fragment or (target.suffix == ".md" and url.fragment in Page(target).anchors)


@pytest.mark.parametrize(
    ("link", "leads"),
    [
        ("docs/ci.md", True),
        ("docs/ci.md#once-bootstrap", True),
        ("https://docs.aws.amazon.com/", True),
        ("docs/nowhere.md", False),
        ("docs/ci.md#nowhere", False),
        ("#nowhere", False),
    ],
)
def test_a_broken_link_is_found(link: str, *, leads: bool) -> None:
    readme = next(page for page in pages() if repr(page) == "README.md")
    assert leads_somewhere(readme, link) == leads
