"""The picture of both accounts: a self-contained SVG, with an arrow from each role to what it may access."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from mapspan.review.page.picture import picture
from tests.unit.mapspan.review.conftest import ReviewOf

SVG = "{http://www.w3.org/2000/svg}"


def parse_picture(review_of: ReviewOf, name: str) -> ET.Element:
    return ET.fromstring(picture(review_of(name)))  # noqa: S314 - the SVG is our own


def words(svg: ET.Element) -> list[tuple[str, str]]:
    """The class and content of each text."""
    return [(text.get("class", ""), text.text or "") for text in svg.iter(f"{SVG}text")]


def arrows(svg: ET.Element) -> list[str]:
    return [path.get("class", "") for path in svg.iter(f"{SVG}path") if path.get("marker-end")]


def test_gained_access_is_green_and_a_principal_of_another_account_stands_outside_the_frames(
    review_of: ReviewOf,
) -> None:
    svg = parse_picture(review_of, "widened")
    texts = words(svg)
    assert ("gain", "+ read, write · any key") in texts
    assert ("same", "read · 2026/*") in texts
    assert ("name", "account 333333333333") in texts
    assert sorted(arrows(svg)) == ["gain", "same", "same", "same", "same", "same"]
    right_edge = max(
        float(rect.get("x", 0)) + float(rect.get("width", 0))
        for rect in svg.iter(f"{SVG}rect")
        if rect.get("class") == "frame"
    )
    role_names = [text for text in svg.iter(f"{SVG}text") if text.get("text-anchor") == "middle"]
    (stranger,) = (text for text in role_names if text.text == "account 333333333333")
    assert float(stranger.get("x", 0)) > right_edge


def test_the_picture_loads_nothing_and_every_word_is_inside_it(review_of: ReviewOf) -> None:
    for name in ("nothing", "first", "keys", "merge"):
        svg = parse_picture(review_of, name)
        assert {element.tag.removeprefix(SVG) for element in svg.iter()} <= {
            *("svg", "style", "defs", "marker", "path", "rect", "text", "title")
        }
        width, height = float(svg.get("width", 0)), float(svg.get("height", 0))
        for text in svg.iter(f"{SVG}text"):
            assert 0 < float(text.get("x", 0)) < width
            assert 0 < float(text.get("y", 0)) < height
    assert "http" not in picture(review_of("first")).replace("http://www.w3.org/2000/svg", "")


def test_undecided_access_has_a_question_mark(review_of: ReviewOf) -> None:
    texts = words(parse_picture(review_of, "keys"))
    assert any(text == "+ ? encrypt · runs-111111111111-us-east-1/*" for _, text in texts)
    assert any("? is undecided" in text for _, text in texts)
