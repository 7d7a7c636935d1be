"""Text from outside can't speak: whatever a name contains, it stays a name in Markdown, terminal and SVG."""

from __future__ import annotations

import io
import json
import re
import shlex
import signal
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping, Sequence
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from rich.console import Console

from environments.files import load
from mapspan import main
from mapspan.outside_text import visible
from mapspan.review import review
from mapspan.review.changes.definition_change import DefinitionChange
from mapspan.review.iam.simulator import Simulator
from mapspan.review.marked_words import code, plain, unmarked
from mapspan.review.page.blocks import Block, Code, Folded, Heading, Line, Points, Table
from mapspan.review.page.chapters import chapters
from mapspan.review.page.diagram import diagram
from mapspan.review.page.markdown import cut, markdown
from mapspan.review.page.picture import picture
from mapspan.review.page.terminal import print_blocks
from mapspan.review.plan_review import PlanReview
from mapspan.review.review import render_review, review_plan
from mapspan.review.who_may.access_table import AccessTable
from tests.fixtures.recorded_plans import recorded_plan

# GitHub's tables come on top of CommonMark.
GITHUB = MarkdownIt("commonmark").enable(["table", "strikethrough"])
HOSTILE = [
    "<!-- ",
    "-->",
    "</details>",
    "<details><summary>`x`",
    "<script>alert(1)</script>",
    "@octocat",
    "see #12 and acme/data#7, https://example.com, www.example.com",
    "a|b\\|c|",
    "a\n\n## Nothing changes\n\n<!--",
    "`",
    "``` a `` b `",
    "```\n</details>\n```",
    "**bold** _and_ *this* ~~gone~~",
    "[a](https://example.com) ![b](x)",
    "\\",
    "\\`",
    " ",
    "  padded  ",
    "- a",
    "1. a",
    "===",
    "&lt;!-- &#64;octocat",
    "\x1b]8;;https://example.com\x07\x1b[2J",
    "gnp.\u202etxt",
    "\u2028\x85\r\x00",
]
outside = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(alphabet="`*_~|\\<>!-&#;@[]()$= \n\t1.a/:\x1b\u202e\ud800", min_size=1, max_size=30),
    st.lists(st.sampled_from(HOSTILE), min_size=2, max_size=3).map("".join),
)


def text_of(token: Token) -> str:
    """The text of inline content, with the HTML of our own `<code>` and `<b>` taken away."""
    return "".join(
        {"text": child.content, "text_special": child.content, "code_inline": child.content}.get(child.type, "")
        for child in token.children or ()
    )


def loud(token: Token) -> list[str]:
    """What GitHub would act upon in inline content: links, images, comments, mentions, references."""
    noise, in_code = [], False
    for child in token.children or ():
        if child.type == "html_inline":
            in_code = {"<code>": True, "</code>": False}.get(child.content, in_code)
            if child.content not in ("<code>", "</code>", "<b>", "</b>"):
                noise.append(child.content)
        elif child.type in ("link_open", "image", "s_open", "em_open"):
            noise.append(child.type)
        elif child.type in ("text", "text_special") and not in_code:
            noise += re.findall(r"@\w|#\d|://|www\.", child.content)
    return noise


def squeezed(text: str) -> str:
    return "".join(text.split())


@given(outside, outside)
def test_a_name_stays_one_name_wherever_it_stands(name: str, other: str) -> None:
    marked = f"{code(name)} is {plain(other)}, **{plain(name)}: {code(other)}**."
    text = squeezed(f"{visible(name)} is {visible(other)}, {visible(name)}: {visible(other)}.")
    tokens = GITHUB.parse(markdown([Line(marked), Heading(marked, 3), Points([marked])]))
    assert [token.type for token in tokens if token.type.endswith("_open")] == [
        *("paragraph_open", "heading_open", "bullet_list_open", "list_item_open", "paragraph_open")
    ]
    inline = [token for token in tokens if token.type == "inline"]
    assert [squeezed(text_of(token)) for token in inline] == [text] * 3
    assert [noise for token in inline for noise in loud(token)] == []


@given(outside.filter(str.strip))
def test_words_begin_nothing_even_where_a_line_begins(text: str) -> None:
    for block, kind in ((Line(plain(text)), "paragraph_open"), (Heading(plain(text), 3), "heading_open")):
        tokens = GITHUB.parse(markdown([block]))
        assert [token.type for token in tokens if token.type.endswith("_open")] == [kind]
        assert squeezed("".join(map(text_of, tokens))) == squeezed(visible(text))


@given(outside, outside)
def test_a_table_keeps_its_cells_and_their_pipes(name: str, other: str) -> None:
    rows = [[code(name), f"**{plain(other)}**"], [plain(name), code(other)]]
    tokens = GITHUB.parse(markdown([Table(["who", "where"], rows)]))
    assert [token.type for token in tokens].count("tr_open") == 3
    cells = [squeezed(text_of(token)) for token in tokens if token.type == "inline"]
    texts = [squeezed(visible(text)) for text in (name, other, name, other)]
    assert cells == ["who", "where", *texts]


@given(outside, outside)
def test_a_fold_and_its_fence_end_where_they_should(name: str, other: str) -> None:
    blocks: list[Block] = [
        Folded(f"{code(name)} {plain(other)}", [Code(name, "diff"), Line(code(other))]),
        Heading("After"),
    ]
    tokens = GITHUB.parse(markdown(blocks))
    assert [token.type for token in tokens if token.level == 0 and not token.type.endswith("_close")] == [
        *("html_block", "fence", "paragraph_open", "html_block", "heading_open")
    ]
    (fence,) = (token for token in tokens if token.type == "fence")
    assert "\n" not in squeezed(fence.content)
    title = tokens[0].content.removeprefix("<details><summary>").removesuffix("</summary>\n")
    assert re.sub(r"</?(code|b)>", "", title).count("<") == 0
    assert squeezed(unescape(re.sub(r"</?(code|b)>", "", title))) == squeezed(f"{visible(name)} {visible(other)}")


@given(outside, outside)
def test_a_terminal_gets_no_control_characters_and_no_marks(name: str, other: str) -> None:
    stream = io.StringIO()
    print_blocks([Line(f"{code(name)} {plain(other)}")], Console(file=stream, width=1_000))
    assert squeezed(stream.getvalue()) == squeezed(f"{visible(name)} {visible(other)}")


@given(outside)
def test_marks_come_off_as_they_went_on(text: str) -> None:
    assert unmarked(plain(text)) == text
    assert unmarked(code(text)) == (text or '""')


NASTY = "x`|``\\|<!--<details>\n## @octocat\u202e*_\x1b[ $(id) 'q' \"q\""
# Within each of these words the plans get hostile text: a prefix, a bucket, roles, Sids, states, addresses.
WORDS = re.compile(
    "2026|landing-zone|mapspan-local-process-objects|ReadSourceObjects|ProcessObjects|_bucket_policy|runs_bucket\\b"
)


def hostile(value: Any) -> Any:
    """A part of a plan with hostile text in its names; a policy or definition is JSON within it."""
    if isinstance(value, Mapping):
        return {name: item if name in ("type", "mode") else hostile(item) for name, item in value.items()}
    if isinstance(value, list):
        return [hostile(item) for item in value]
    if not isinstance(value, str):
        return value
    if value.startswith('{"'):
        return json.dumps(hostile(json.loads(value)))
    return WORDS.sub(lambda match: f"{match[0]}{NASTY}", value)


@pytest.fixture(scope="module", params=["widened", "replaced", "definition"])
def hostile_review(request: pytest.FixtureRequest, simulator: Simulator) -> PlanReview:
    return review_plan(load("local"), hostile(recorded_plan(request.param)), simulator=simulator)


def every(blocks: Sequence[Block]) -> Iterator[Block]:
    """The blocks and those inside folds."""
    for block in blocks:
        yield block
        if isinstance(block, Folded):
            yield from every(block.blocks)


def test_a_rendered_review_has_all_its_headings_rows_points_and_fences(hostile_review: PlanReview) -> None:
    blocks = [*every(chapters(hostile_review))]
    text = markdown(chapters(hostile_review))
    tokens = GITHUB.parse(text)
    kinds = [token.type for token in tokens]
    headings = [text_of(tokens[number + 1]) for number, token in enumerate(tokens) if token.type == "heading_open"]
    assert [squeezed(heading) for heading in headings] == [
        squeezed(visible(unmarked(block.words))) for block in blocks if isinstance(block, Heading)
    ]
    assert len(headings) > 2
    assert kinds.count("tr_open") == sum(1 + len(block.rows) for block in blocks if isinstance(block, Table))
    assert kinds.count("list_item_open") == sum(len(block.points) for block in blocks if isinstance(block, Points))
    assert kinds.count("fence") == sum(isinstance(block, Code) for block in blocks)
    assert kinds.count("html_block") == 2 * sum(isinstance(block, Folded) for block in blocks)
    assert [noise for token in tokens if token.type == "inline" for noise in loud(token)] == []
    assert "\u202e" not in text
    assert "\x1b" not in text
    assert "octocat" in text


def test_a_cut_review_closes_what_it_opened(hostile_review: PlanReview) -> None:
    text = markdown(chapters(hostile_review))
    for limit in range(400, len(text), 97):
        short = cut(text, limit)
        assert len(short) <= limit
        tokens = GITHUB.parse(short)
        assert tokens[-2].content == "The rest is too long for a comment: see the review's output.".join("**")
        html = [token.content for token in tokens if token.type == "html_block"]
        opened = sum(content.startswith("<details>") for content in html)
        assert "".join(html).count("</details>\n") >= opened


def test_the_picture_is_xml_and_shows_hidden_characters(hostile_review: PlanReview) -> None:
    svg = ET.fromstring(picture(hostile_review))  # noqa: S314 - the SVG is our own
    text = "".join(svg.itertext())
    assert "\u202e" not in text
    assert "⟨U+202E⟩" in text
    assert {element.tag.rpartition("}")[2] for element in svg.iter()} <= {
        *("svg", "style", "defs", "marker", "path", "rect", "text", "title")
    }


def test_a_terminal_shows_the_whole_review(hostile_review: PlanReview) -> None:
    text = render_review(hostile_review, "terminal")
    assert [character for character in text if visible(character) != character and character != "\n"] == []


def test_an_address_is_printed_so_that_a_shell_takes_it(simulator: Simulator) -> None:
    plan = json.loads(json.dumps(recorded_plan("replaced")).replace('aws_s3_bucket.runs_bucket"', 'X"'))
    address = 'module.data["a b\'s"].aws_s3_bucket.runs_bucket'
    plan = json.loads(json.dumps(plan).replace('"X"', json.dumps(address)))
    blocked = review_plan(load("local"), plan, simulator=simulator)
    lines = [unmarked(block.words) for block in chapters(blocked) if isinstance(block, Line)]
    (line,) = (line for line in lines if line.startswith("To allow"))
    assert shlex.split(line.partition("add ")[2]) == ["--allow-destroy", address]


def test_a_state_machine_is_drawn_with_one_line_for_each_hostile_state() -> None:
    name = 'x\n  click s0 href "https://example.com" #quot; <b>`'
    workflow = {"StartAt": name, "States": {name: {"Type": "Pass", "End": True}}}
    text = diagram(DefinitionChange(address="aws_sfn_state_machine.any", before=None, after=workflow))
    (state,) = (line for line in text.splitlines() if "click" in line)
    assert re.fullmatch(r' *s1?\d*\["[^"<>`]*\(new\)"\]', state)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_a_stdout_that_is_not_utf_8_gets_replacements(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps(recorded_plan("widened")), encoding="utf-8")
    stdout = io.TextIOWrapper(io.BytesIO(), encoding=encoding, write_through=True)
    monkeypatch.setattr(review, "access_table", lambda *_: AccessTable(rows=(), undecided="not asked in this test"))
    monkeypatch.setattr(sys, "argv", ["mapspan", "review", "local", "--plan", str(plan)])
    before = signal.getsignal(signal.SIGTERM)
    try:
        with monkeypatch.context() as context:
            context.setattr(sys, "stdout", stdout)
            with pytest.raises(SystemExit) as ended:
                main.app()
    finally:
        signal.signal(signal.SIGTERM, before)
    assert ended.value.code == 0
    written = stdout.buffer
    assert isinstance(written, io.BytesIO)
    assert b"?? **Access gets wider**" in written.getvalue()


def test_an_attribute_stays_on_its_line(simulator: Simulator) -> None:
    plan = recorded_plan("nothing")
    change = next(entry["change"] for entry in plan["resource_changes"] if entry["type"] == "aws_lambda_function")
    change["actions"], change["after"] = ["update"], {**change["before"], "description": "a\n+ memory_size = 1"}
    text = markdown(chapters(review_plan(load("local"), plan, simulator=simulator)))
    assert "\n+ description = a␊+ memory_size = 1\n" in text


def test_a_narrow_terminal_shows_whole_names() -> None:
    stream = io.StringIO()
    name = "a" * 90
    print_blocks([Table(["who", "where"], [[code(name), code(name)]])], Console(file=stream, width=40))
    assert stream.getvalue().count("a") == 2 * len(name)
