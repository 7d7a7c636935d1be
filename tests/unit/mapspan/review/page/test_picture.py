"""The picture of both accounts: an SVG that asks for nothing, with an arrow for each who may touch what."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from mapspan.review.page.picture import picture
from tests.unit.mapspan.review.conftest import Reviewed

SVG = "{http://www.w3.org/2000/svg}"


def drawn(reviewed: Reviewed, name: str) -> ET.Element:
    return ET.fromstring(picture(reviewed(name)))  # noqa: S314 - our own words


def words(svg: ET.Element) -> list[tuple[str, str]]:
    return [(text.get("class", ""), text.text or "") for text in svg.iter(f"{SVG}text")]


def arrows(svg: ET.Element) -> list[str]:
    return [path.get("class", "") for path in svg.iter(f"{SVG}path") if path.get("marker-end")]


def test_what_a_plan_opens_is_green_and_whom_it_lets_in_stands_outside(reviewed: Reviewed) -> None:
    svg = drawn(reviewed, "widened")
    said = words(svg)
    assert ("gain", "+ read, write · any key") in said
    assert ("same", "read · 2026/*") in said
    assert ("name", "account 333333333333") in said
    assert sorted(arrows(svg)) == ["gain", "same", "same", "same", "same", "same"]
    inside = max(
        float(rect.get("x", 0)) + float(rect.get("width", 0))
        for rect in svg.iter(f"{SVG}rect")
        if rect.get("class") == "frame"
    )
    pills = [text for text in svg.iter(f"{SVG}text") if text.get("text-anchor") == "middle"]
    (stranger,) = (text for text in pills if text.text == "account 333333333333")
    assert float(stranger.get("x", 0)) > inside


def test_it_asks_for_nothing_and_every_word_is_within_it(reviewed: Reviewed) -> None:
    for name in ("nothing", "first", "keys", "merge"):
        svg = drawn(reviewed, name)
        assert {element.tag.removeprefix(SVG) for element in svg.iter()} <= {
            *("svg", "style", "defs", "marker", "path", "rect", "text", "title")
        }
        width, height = float(svg.get("width", 0)), float(svg.get("height", 0))
        for text in svg.iter(f"{SVG}text"):
            assert 0 < float(text.get("x", 0)) < width
            assert 0 < float(text.get("y", 0)) < height
    assert "http" not in picture(reviewed("first")).replace("http://www.w3.org/2000/svg", "")


def test_a_side_that_the_plan_does_not_tell_is_drawn_as_a_question(reviewed: Reviewed) -> None:
    said = words(drawn(reviewed, "keys"))
    assert any(text == "+ ? encrypt · runs-111111111111-us-east-1/*" for _, text in said)
    assert any("? if the bucket's or key's own policy" in text for _, text in said)
