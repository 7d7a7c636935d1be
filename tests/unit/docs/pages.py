"""The project's Markdown pages, as the tests of the docs read them: headings, links, code."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from mapspan.checkout import ROOT

# The GitHub workflow to copy.
WORKFLOW = ROOT / "docs" / "ci" / "mapspan.yml"
# What is installed and built beside the tracked files, and the user's jobs. Directories with a leading dot aren't read.
_NOT_OURS = {"node_modules", "cdktf.out", "jobs"}


class Page:
    """A Markdown file."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __repr__(self) -> str:
        return str(self.file.relative_to(ROOT))

    @cached_property
    def _tokens(self) -> list[Token]:
        return MarkdownIt("commonmark").enable("table").parse(self.file.read_text(encoding="utf-8"))

    @cached_property
    def anchors(self) -> set[str]:
        """The anchors that GitHub gives to the headings."""
        anchors: set[str] = set()
        seen: Counter[str] = Counter()
        for heading, text in zip(self._tokens, self._tokens[1:], strict=False):
            if heading.type == "heading_open":
                words = "".join(child.content for child in text.children or [] if child.type in {"text", "code_inline"})
                anchor = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
                anchors.add(f"{anchor}-{seen[anchor]}" if seen[anchor] else anchor)
                seen[anchor] += 1
        return anchors

    def links(self) -> list[str]:
        """The targets of all links and images."""
        targets = {"link_open": "href", "image": "src"}
        return [str(token.attrs[targets[token.type]]) for token in self._inline() if token.type in targets]

    def inline_code(self) -> list[str]:
        return [token.content for token in self._inline() if token.type == "code_inline"]

    def command_lines(self) -> list[str]:
        """What the page's examples type into a shell.

        These are blocks of `sh`, and in blocks of `text` the prompts and the examples of a command's help.
        """
        lines: list[str] = []
        for token in self._tokens:
            if token.type == "fence" and token.info == "sh":
                lines += token.content.replace("\\\n", " ").splitlines()
            elif token.type == "fence" and token.info == "text":
                lines += re.findall(r"^\$ (.*)$", token.content, re.MULTILINE)
                for examples in re.findall(r"^ *Examples?:\n((?:.+\n)+)", token.content, re.MULTILINE):
                    lines += examples.splitlines()
        return lines

    def _inline(self) -> Iterator[Token]:
        for token in self._tokens:
            yield from token.children or []


def pages() -> list[Page]:
    """All tracked Markdown files but the user's."""
    files = [*ROOT.glob("*.md"), ROOT / "jobs" / "README.md"]
    for directory in ROOT.iterdir():
        if directory.is_dir() and not directory.name.startswith(".") and directory.name not in _NOT_OURS:
            files += directory.rglob("*.md")
    return [Page(file) for file in sorted(files)]


def commands(line: str) -> list[list[str]]:
    """The words of each command in a line of shell, without comments and leading assignments."""
    found: list[list[str]] = [[]]
    for word in shlex.split(line, comments=True):
        if word in {"&&", "||", "|", ";"}:
            found.append([])
        elif found[-1] or not re.fullmatch(r"\w+=.*", word):
            found[-1].append(word)
    return [words for words in found if words]
